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


def ms_marco_files(pool: Path) -> dict[str, bytes]:
    """Return the files that the paper's config needs, by their names on the servers."""
    rng = random.Random(8)
    passages, texts, judged = _pool(pool)
    names = sorted(passages)

    def asked(start: int, count: int) -> tuple[dict[int, str], dict[int, str]]:
        """Return questions of four words of a passage, and their passages."""
        sources = {start + 7 * i: rng.choice(names) for i in range(count)}
        words = {query: passages[name].decode().split() for query, name in sources.items()}
        return {
            q: " ".join(rng.sample(found, min(4, len(found)))) for q, found in words.items()
        }, sources

    train, train_of = asked(3, TRAINING)
    dev, dev_of = asked(4, DEV)
    orcas, _ = asked(10_000_000, ORCAS)
    idle = list(train)[-4:]  # asked, and never answered
    train_qrels = [(q, 0, p, 1) for q, p in train_of.items() if q not in idle]
    dev_qrels = [(q, 0, p, 1) for q, p in dev_of.items()][:-3]
    small = [*dev][:DEV_SMALL]
    scores = [
        (
            round(rng.uniform(2, 9), 4),
            round(rng.uniform(-6, 4), 4),
            query,
            passage,
            rng.choice(names),
        )
        for query, _, passage, _ in train_qrels
        for _ in range(rng.randint(1, 8))
    ]
    words = {name: passages[name].decode().split()[0] for name in names[:-2]}
    expansions = [{"id": name, "predicted_queries": [f"what is {word}"] * 40}
                  for name, word in words.items()]  # fmt: skip
    files = {
        "collectionandqueries.tar.gz": _tar(
            **{
                "collection.tsv": b"".join(b"%s\t%s\n" % (n.encode(), passages[n]) for n in names),
                "qrels.dev.small.tsv": _tsv(row for row in dev_qrels if row[0] in small),
                "qrels.train.tsv": _tsv(train_qrels),
                "queries.dev.small.tsv": _tsv((q, dev[q]) for q in small),
            }
        ),
        "queries.tar.gz": _tar(
            **{
                "queries.dev.tsv": _tsv(dev.items()),
                "queries.eval.tsv": _tsv([]),
                "queries.train.tsv": _tsv(train.items()),
            }
        ),
        "qrels.train.tsv": _tsv(train_qrels),
        "qrels.dev.tsv": _tsv(dev_qrels),
        "orcas-doctrain-queries.tsv.gz": gzip.compress(_tsv(orcas.items())),
        "bert_cat_ensemble_msmarcopassage_train_scores_ids.tsv": _tsv(scores),
        "d2q.jsonl.gz": gzip.compress("".join(json.dumps(e) + "\n" for e in expansions).encode()),
    }
    files |= _documents(passages, dev, dev_qrels, train_qrels)
    for year, ids in (("2019", JUDGED[:5]), ("2020", JUDGED[5:])):
        rows = [f"{q} Q0 {p} {grade}\n" for q in ids for p, grade in judged[q].items()]
        files[f"{year}qrels-pass.txt"] = "".join(rows).encode()
        files[f"{year}qrels-docs.txt"] = "".join(rows).replace(" Q0 ", " Q0 D").encode()
        unjudged = (f"9{year}", "a question that nobody judged")
        queries = [*((q, texts[q]) for q in ids), unjudged]
        files[f"msmarco-test{year}-queries.tsv.gz"] = gzip.compress(_tsv(queries))
    return files


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
