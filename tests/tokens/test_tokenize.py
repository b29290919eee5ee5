import polars as pl
import pytest
from tokenizers import Tokenizer

from tasb.tokens.store import TokenStore
from tasb.tokens.tokenize import tokenize

TEXTS = ["red river", "Alpha, beta!", "stone", "unbekannt Ü 42", "one two three four five"]


@pytest.fixture
def texts(tmp_path):
    frame = pl.DataFrame({"position": range(len(TEXTS)), "id": list("abcde"), "text": TEXTS})
    frame.write_parquet(tmp_path / "texts.parquet")
    return tmp_path / "texts.parquet"


@pytest.mark.parametrize("limit", [2, 510])
def test_a_table_is_tokenized_as_its_texts_one_by_one(texts, tiny_encoder, tmp_path, limit):
    tokenize(texts, tiny_encoder / "tokenizer.json", limit, tmp_path / "tokens")
    tokenizer = Tokenizer.from_file(str(tiny_encoder / "tokenizer.json"))
    expected = [tokenizer.encode(text, add_special_tokens=False).ids[:limit] for text in TEXTS]
    assert [ids.tolist() for ids in TokenStore(tmp_path / "tokens")] == expected
    assert max(map(len, expected)) == (2 if limit == 2 else 12)


def test_known_words_have_the_ids_of_the_vocabulary(texts, tiny_encoder, tmp_path):
    file = tiny_encoder / "tokenizer.json"
    tokenize(texts, file, 510, tmp_path / "tokens")
    vocabulary = Tokenizer.from_file(str(file)).get_vocab()
    store = TokenStore(tmp_path / "tokens")
    assert store[0].tolist() == [vocabulary["red"], vocabulary["river"]]
    assert store[2].tolist() == [vocabulary["stone"]]


def test_truncation_padding_and_special_tokens_of_the_file_are_not_applied(
    texts, tiny_encoder, tmp_path
):
    from tokenizers.processors import TemplateProcessing

    tokenizer = Tokenizer.from_file(str(tiny_encoder / "tokenizer.json"))
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A", special_tokens=[("[CLS]", 2)])
    tokenizer.enable_truncation(2)
    tokenizer.enable_padding(length=9)
    tokenizer.save(str(tmp_path / "other.json"))
    tokenize(texts, tiny_encoder / "tokenizer.json", 510, tmp_path / "plain")
    tokenize(texts, tmp_path / "other.json", 510, tmp_path / "other")
    plain, other = (list(TokenStore(tmp_path / name)) for name in ("plain", "other"))
    assert [ids.tolist() for ids in other] == [ids.tolist() for ids in plain]


def test_a_special_token_written_in_a_text_is_no_special_token(tiny_encoder, tmp_path):
    frame = pl.DataFrame({"position": [0], "id": ["a"], "text": ["red [SEP] river"]})
    frame.write_parquet(tmp_path / "texts.parquet")
    file = tiny_encoder / "tokenizer.json"
    tokenize(tmp_path / "texts.parquet", file, 510, tmp_path / "tokens")
    vocabulary = Tokenizer.from_file(str(file)).get_vocab()
    ids = TokenStore(tmp_path / "tokens")[0].tolist()
    assert vocabulary["[SEP]"] not in ids
    assert (ids[0], ids[-1]) == (vocabulary["red"], vocabulary["river"])
