"""MS MARCO's files, in its exact formats, from some passages of it."""

import gzip
import io
import json
import random
import tarfile
from pathlib import Path

JUDGED = ("19335", "47923", "87181", "87452", "104861", "130510", "131843", "146187")
"""Queries of TREC-DL 2019; the last three stand for those of 2020."""
PASSAGES_EACH = 40
Judged = tuple[int, int, str, int]
TRAINING, DEV, DEV_SMALL, ORCAS = 48, 26, 6, 16


def _pool(pool: Path) -> tuple[dict[str, bytes], dict[str, str], dict[str, dict[str, str]]]:
    """Return some judged passages, the queries and their judgments."""
    judged: dict[str, dict[str, str]] = {name: {} for name in JUDGED}
    for line in (pool / "qrels.dl19.txt").read_text().splitlines():
        query, _, passage, grade = line.split()
        if query in judged:
            judged[query][passage] = grade
    raw = dict(line.split(b"\t", 1) for line in (pool / "passages.tsv").read_bytes().splitlines())
    texts = {name.decode(): text for name, text in raw.items()}
    passages: dict[str, bytes] = {}
    for found in judged.values():
        kept = sorted(found, key=lambda name: (name not in texts, -int(found[name]), name))
        for name in kept[:PASSAGES_EACH]:
            if name in texts:
                passages[name] = texts[name]
        for name in set(found) - set(passages):
            del found[name]
    queries = dict(
        line.split("\t") for line in (pool / "queries.dl19.tsv").read_text().splitlines()
    )
    return passages, queries, judged


def _tsv(rows) -> bytes:
    return "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()


def _tar(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _asked(
    rng: random.Random, passages: dict[str, bytes], start: int, count: int
) -> tuple[dict[int, str], list[Judged]]:
    """Return questions of four words of a passage, and that it is relevant."""
    names = sorted(passages)
    sources = {start + 7 * i: rng.choice(names) for i in range(count)}
    words = {query: passages[name].decode().split() for query, name in sources.items()}
    texts = {q: " ".join(rng.sample(found, min(4, len(found)))) for q, found in words.items()}
    return texts, [(query, 0, name, 1) for query, name in sources.items()]


def _scored(rng: random.Random, train: list[Judged], names: list[str]) -> bytes:
    """Return one to eight pairs of each query with scores, as the ensemble's are published."""
    rows = []
    for query, _, passage, _ in train:
        for _ in range(rng.randint(1, 8)):
            scores = round(rng.uniform(2, 9), 4), round(rng.uniform(-6, 4), 4)
            rows.append((*scores, query, passage, rng.choice(names)))
    return _tsv(rows)


def _predicted(passages: dict[str, bytes]) -> bytes:
    """Return predicted queries of all passages but two."""
    rows = []
    for name in sorted(passages)[:-2]:
        query = f"what is {passages[name].decode().split()[0]}"
        rows.append(json.dumps({"id": name, "predicted_queries": [query] * 40}) + "\n")
    return gzip.compress("".join(rows).encode())


def _trec(texts: dict[str, str], judged: dict[str, dict[str, str]]) -> dict[str, bytes]:
    """Return queries and judgments of two years, of passages and of documents."""
    files = {}
    for year, ids in (("2019", JUDGED[:5]), ("2020", JUDGED[5:])):
        rows = [f"{q} Q0 {p} {grade}\n" for q in ids for p, grade in judged[q].items()]
        files[f"{year}qrels-pass.txt"] = "".join(rows).encode()
        files[f"{year}qrels-docs.txt"] = "".join(rows).replace(" Q0 ", " Q0 D").encode()
        queries = [*((q, texts[q]) for q in ids), (f"9{year}", "a question that nobody judged")]
        files[f"msmarco-test{year}-queries.tsv.gz"] = gzip.compress(_tsv(queries))
    return files


def ms_marco_files(pool: Path) -> dict[str, bytes]:
    """Return the files that the paper's config needs, by their names on the servers."""
    rng = random.Random(8)
    passages, texts, judged = _pool(pool)
    names = sorted(passages)
    train, train_qrels = _asked(rng, passages, 3, TRAINING)
    dev, dev_qrels = _asked(rng, passages, 4, DEV)
    orcas, _ = _asked(rng, passages, 10_000_000, ORCAS)
    train_qrels, dev_qrels = train_qrels[:-4], dev_qrels[:-3]  # others were never answered
    small = [*dev][:DEV_SMALL]
    archive = {
        "collection.tsv": b"".join(b"%s\t%s\n" % (n.encode(), passages[n]) for n in names),
        "qrels.dev.small.tsv": _tsv(row for row in dev_qrels if row[0] in small),
        "qrels.train.tsv": _tsv(train_qrels),
        "queries.dev.small.tsv": _tsv((q, dev[q]) for q in small),
    }
    queries = {
        "queries.dev.tsv": _tsv(dev.items()),
        "queries.eval.tsv": _tsv([]),
        "queries.train.tsv": _tsv(train.items()),
    }
    return {
        "collectionandqueries.tar.gz": _tar(**archive),
        "queries.tar.gz": _tar(**queries),
        "qrels.train.tsv": _tsv(train_qrels),
        "qrels.dev.tsv": _tsv(dev_qrels),
        "orcas-doctrain-queries.tsv.gz": gzip.compress(_tsv(orcas.items())),
        "bert_cat_ensemble_msmarcopassage_train_scores_ids.tsv": _scored(rng, train_qrels, names),
        "d2q.jsonl.gz": _predicted(passages),
        **_documents(passages, dev, dev_qrels, train_qrels),
        **_trec(texts, judged),
    }


def _documents(
    passages: dict[str, bytes], dev: dict[int, str], dev_qrels: list[Judged], train: list[Judged]
) -> dict[str, bytes]:
    """Return the files of the documents, each of which is a passage between other words."""
    documents = "".join(
        f"<DOC>\n<DOCNO>D{name}</DOCNO>\n<TEXT>\nhttp://a.b/{name}\nTitle {name}\n"
        f"{text.decode()}\n{'and so on ' * 300}\n</TEXT>\n</DOC>\n"
        for name, text in sorted(passages.items())
    )

    def judged(rows: list[Judged]) -> bytes:
        """Return judgments as the documents' files have them."""
        return gzip.compress("".join(f"{q} 0 D{p} 1\n" for q, _, p, _ in rows).encode())

    asked = [(query, dev[query]) for query, *_ in dev_qrels]
    return {
        "msmarco-docs.trec.gz": gzip.compress(documents.encode()),
        "msmarco-docdev-queries.tsv.gz": gzip.compress(_tsv(asked)),
        "msmarco-docdev-qrels.tsv.gz": judged(dev_qrels),
        "msmarco-doctrain-queries.tsv.gz": gzip.compress(_tsv((q, f"word {q}") for q, *_ in train)),
        "msmarco-doctrain-qrels.tsv.gz": judged(train),
    }
