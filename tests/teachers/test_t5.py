"""monoT5 and duoT5: prompts, truncation, targets and scores, against the formula."""

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import T5Config, T5ForConditionalGeneration

from tasb.encoders.check import checked
from tasb.errors import TasbError
from tasb.lexical.generated import generated
from tasb.teachers.t5 import Prompts, T5Scorer, open_t5
from tasb.tokens.store import TokenStore
from tasb.tokens.tokenize import tokenize

WORDS = "Query Document Document0 Document1 Relevant alpha beta river stone bird tree true false"
PIECES = ["<pad>", "</s>", "<unk>", ":", *(f"▁{word}" for word in WORDS.split())]
SETTINGS = {
    "query_length": 8, "length": 20, "targets": ("▁true", "▁false"), "compares": False,
    "batch_tokens": 64, "precision": "fp32",
}  # fmt: skip
QUERIES = ["alpha", "river stone"]
PASSAGES = ["bird tree alpha", "stone", "river " * 30]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A random T5 with a SentencePiece-like tokenizer, tokens and texts."""
    import polars as pl

    folder = tmp_path_factory.mktemp("t5")
    pieces = [(piece, -2.0 - 0.01 * number) for number, piece in enumerate(PIECES)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(3)
    config = T5Config(vocab_size=len(PIECES), d_model=16, d_kv=8, d_ff=32, num_layers=2,
                      num_heads=2, decoder_start_token_id=0)  # fmt: skip
    T5ForConditionalGeneration(config).save_pretrained(folder)
    for name, texts in (("queries", QUERIES), ("passages", PASSAGES)):
        pl.DataFrame({"text": texts}).write_parquet(folder / f"{name}.parquet")
        tokenize(folder / f"{name}.parquet", folder / "tokenizer.json", 512, folder / name)
    return folder


def open_scorer(folder, **changed) -> T5Scorer:
    names = {"model": "config.json", "tokenizer": "tokenizer.json",
             "query_tokens": "queries", "passage_tokens": "passages"}  # fmt: skip
    files = {name: [str(folder / file)] for name, file in names.items()}
    return open_t5({**SETTINGS, **changed}, files, torch.device("cpu"))


def whole(folder, text):
    """The tokens of a text as a whole, with the end."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return [*tokenizer.encode(text, add_special_tokens=False).ids, 1]


def test_the_files_of_a_t5_are_taken_as_they_are(folder):
    assert set(checked(folder).values()) >= {"shared.weight", "encoder.final_layer_norm.weight"}


def test_a_prompt_is_the_text_tokenized_as_a_whole(folder):
    prompts = Prompts(Tokenizer.from_file(str(folder / "tokenizer.json")), 64)
    query, first, second = (whole(folder, text)[:-1] for text in (QUERIES[1], *PASSAGES[:2]))
    mono = f"Query: {QUERIES[1]} Document: {PASSAGES[0]} Relevant:"
    assert prompts.prompt(query, first) == whole(folder, mono)
    duo = f"Query: {QUERIES[1]} Document0: {PASSAGES[0]} Document1: {PASSAGES[1]} Relevant:"
    assert prompts.prompt(query, first, second) == whole(folder, duo)


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_around_the_passages_survives_truncation(folder, count):
    prompts = Prompts(Tokenizer.from_file(str(folder / "tokenizer.json")), 20)
    long = whole(folder, PASSAGES[2])[:-1]
    prompt = prompts.prompt([7, 8], *[long] * count)
    assert len(prompt) in (20, 19)
    assert prompt[-3:] == whole(folder, "Relevant:") and prompt[:2] == whole(folder, "Query:")[:2]
    assert prompt.count(long[0]) == (20 - 2 - 2 - 3 - 2 * count) // count * count


@torch.no_grad()
def log_p(folder, text):
    """log P(true) by one step of the decoder."""
    model = T5ForConditionalGeneration.from_pretrained(folder).eval()
    given = torch.tensor([whole(folder, text)])
    logits = model(input_ids=given, decoder_input_ids=torch.tensor([[0]])).logits[0, 0]
    ids = [PIECES.index("▁true"), PIECES.index("▁false")]
    return float(logits[ids].log_softmax(0)[0])


def test_monot5_is_the_log_probability_of_true(folder):
    scorer = open_scorer(folder)
    found = scorer.scores(np.array([0, 1, 1]), np.array([0, 1, 0]))
    expected = [log_p(folder, f"Query: {QUERIES[q]} Document: {PASSAGES[p]} Relevant:")
                for q, p in ((0, 0), (1, 1), (1, 0))]  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.ptp(found) > 1e-4


def test_duot5_is_the_symmetric_sum_of_both_orders(folder):
    scorer = open_scorer(folder, compares=True, length=64)
    found = scorer.scores(np.array([1, 1]), np.array([0, 1]))
    p, q = (np.exp(log_p(folder, f"Query: {QUERIES[1]} Document0: {PASSAGES[a]} "
                                 f"Document1: {PASSAGES[b]} Relevant:"))
            for a, b in ((0, 1), (1, 0)))  # fmt: skip
    np.testing.assert_allclose(found, [p + (1 - q), q + (1 - p)], atol=1e-5)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"targets": ("▁yes", "▁no")}, "targets: the tokenizer has no token '▁yes'"),
        ({"precision": "fp16"}, "T5's activations overflow"),
    ],
)
def test_what_gives_no_sound_score_is_refused(folder, changed, message):
    with pytest.raises(TasbError, match=message):
        open_scorer(folder, **changed)


def test_a_t5_writes_queries_from_a_passage_with_its_end(folder, monkeypatch):
    seen = []
    model = T5ForConditionalGeneration.from_pretrained(folder).eval()
    generate = model.generate
    monkeypatch.setattr(model, "generate", lambda **given: seen.append(given) or generate(**given))
    settings = {"queries": 3, "top_k": 4, "query_length": 6, "passage_length": 8, "seed": 1}
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    written = list(generated(model, tokenizer, TokenStore(folder / "passages"), range(3), settings))
    assert [len(queries) for queries in written] == [3, 3, 3]
    rows = [ids[mask == 1].tolist() for ids, mask in zip(seen[0]["input_ids"],
                                                         seen[0]["attention_mask"])]  # fmt: skip
    assert rows[:2] == [whole(folder, text) for text in PASSAGES[:2]]
    assert len(rows[2]) == 8 and rows[2][-1] == 1
