"""Both sources give the same texts and judgments, in order."""

import ir_datasets
import pytest
import requests

from tasb.collection.source import Folder, IrDatasets, source
from tasb.errors import TasbError

PASSAGES = "p2\tsecond first\np1\tfirst second\n"
QUERIES = "q9\tnine\nq1\tone\n"
QRELS = "q9 0 p1 2\nq1 0 p2 0\n"


def every(read, *split):
    """Read all of a part; its faults are an error at the end."""
    source = read.__self__
    faults = source.faults(read.__name__, *(split or [None]), {})
    found = list(read(*split, faults))
    faults.close()
    return found


@pytest.fixture
def registered(tmp_path):
    """Register small ir_datasets collections, and remove them again."""
    names = []

    def register(name, **contents):
        for part, text in contents.items():
            (tmp_path / f"{name}.{part}").write_text(text, encoding="utf-8")
        paths = {part: str(tmp_path / f"{name}.{part}") for part in contents}
        ir_datasets.registry.register(name, ir_datasets.create_dataset(**paths))
        names.append(name)
        return name

    yield register
    for name in names:
        del ir_datasets.registry._registered[name]


def test_a_folder_gives_its_files_in_their_order(folder):
    place = folder(passages_tsv=PASSAGES, **{"queries_dev_tsv": QUERIES, "qrels_dev_txt": QRELS})
    collection = Folder(str(place), None)
    assert every(collection.passages) == [("p2", "second first"), ("p1", "first second")]
    assert every(collection.queries, "dev") == [("q9", "nine"), ("q1", "one")]
    assert every(collection.judgments, "dev") == [(1, "q9", "p1", 2), (2, "q1", "p2", 0)]


def test_a_folder_names_the_file_of_each_part(folder):
    place = folder(passages_tsv=PASSAGES)
    collection = Folder(str(place), "texts.tsv.gz")
    assert collection.where("passages") == str(place / "texts.tsv.gz")
    assert collection.where("queries", "dev") == str(place / "queries.dev.tsv")
    assert collection.where("qrels", "dev") == str(place / "qrels.dev.txt")


def test_passages_are_counted_where_that_costs_no_second_reading(folder, registered):
    place = folder(passages_tsv=PASSAGES)
    assert Folder(str(place), None).passage_count() == 2
    assert Folder(str(place), "texts.tsv.gz").passage_count() is None
    assert IrDatasets("msmarco-passage").passage_count() == 8_841_823
    assert IrDatasets(registered("tiny-b", docs_tsv=PASSAGES)).passage_count() is None


def test_a_missing_folder_names_the_config_key(tmp_path):
    with pytest.raises(TasbError, match=r"collections: folder: '.*nowhere' does not exist"):
        Folder(str(tmp_path / "nowhere"), None)


def test_ir_datasets_gives_the_same_as_a_folder(registered):
    name = registered("tiny-a", docs_tsv=PASSAGES, queries_tsv=QUERIES, qrels_trec=QRELS)
    collection = IrDatasets(name)
    assert every(collection.passages) == [("p2", "second first"), ("p1", "first second")]
    assert every(collection.queries, name) == [("q9", "nine"), ("q1", "one")]
    assert every(collection.judgments, name) == [(1, "q9", "p1", 2), (2, "q1", "p2", 0)]


def test_splits_of_ir_datasets_are_datasets_of_their_own(registered):
    passages = registered("tiny-b", docs_tsv=PASSAGES)
    queries = registered("tiny-b-dev", queries_tsv=QUERIES, qrels_trec=QRELS)
    assert every(IrDatasets(passages).queries, queries) == [("q9", "nine"), ("q1", "one")]


def test_an_unknown_dataset_is_refused_by_name():
    with pytest.raises(TasbError, match="ir_datasets: no dataset 'no-such-collection'"):
        every(IrDatasets("no-such-collection").passages)


@pytest.mark.parametrize(
    ("part", "has"), [("passages", "docs"), ("queries", "queries"), ("judgments", "qrels")]
)
def test_a_dataset_without_the_part_asked_for_is_refused(registered, part, has):
    contents = {"docs": ("docs_tsv", PASSAGES), "queries": ("queries_tsv", QUERIES)}
    contents["qrels"] = ("qrels_trec", QRELS)
    others = dict(pair for key, pair in contents.items() if key != has)
    name = registered(f"tiny-without-{has}", **others)
    read = getattr(IrDatasets(name), part)
    with pytest.raises(TasbError, match=f"ir_datasets: dataset '{name}' has no {has}"):
        every(read) if part == "passages" else every(read, name)


def test_an_empty_text_of_ir_datasets_is_refused(registered):
    name = registered("tiny-empty", docs_tsv="p1\tfine\np2\t \n")
    with pytest.raises(TasbError, match=f"ir_datasets {name} .passages.: empty text of 'p2'"):
        every(IrDatasets(name).passages)


def test_an_id_of_ir_datasets_with_white_space_is_refused(registered):
    name = registered("tiny-space", docs_tsv="p1\tfine\np 2\tfine\n")
    with pytest.raises(
        TasbError, match=f"ir_datasets {name} .passages.: id 'p 2' is empty or holds white"
    ):
        every(IrDatasets(name).passages)


def test_the_settings_choose_the_source(folder):
    place = folder(passages_tsv=PASSAGES)
    chosen = source({"folder": str(place), "ir_datasets": None, "passages": "passages.tsv"})
    assert every(chosen.passages)[0] == ("p2", "second first")
    assert source({"folder": None, "ir_datasets": "x/y"}).where("queries", "x/z") == (
        "ir_datasets x/z (queries)"
    )


@pytest.mark.parametrize("part", ["passages", "queries", "judgments"])
def test_a_dataset_out_of_reach_is_one_line_with_the_way_out(registered, monkeypatch, part):
    name = registered("tiny-far", docs_tsv=PASSAGES, queries_tsv=QUERIES, qrels_trec=QRELS)

    def fail(*arguments):
        raise requests.ConnectionError("HTTPSConnectionPool(host='x'): Max retries exceeded")

    monkeypatch.setattr(IrDatasets, "_load", fail)
    read = getattr(IrDatasets(name), part)
    with pytest.raises(TasbError) as error:
        every(read) if part == "passages" else every(read, name)
    assert str(error.value) == (
        f"ir_datasets {name}: its files cannot be fetched (ConnectionError: HTTPSConnectionPool); "
        "fetch them where there is a network, and set IR_DATASETS_HOME to their folder"
    )
