import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from tasb.errors import TasbError
from tasb.tokens.special import SpecialTokens

SPECIAL = SpecialTokens(cls=101, sep=102, pad=0)


def ids(*numbers):
    return np.array(numbers, dtype=np.uint16)


def write_added_tokens(path, *names):
    added = [{"id": number, "content": name} for number, name in enumerate(names, start=10)]
    path.write_text(json.dumps({"added_tokens": added}), encoding="utf-8")
    return path


def single(special, text, length):
    made = special.around(text, np.array([0]), np.array([len(text)]), length)
    assert made.lengths.tolist() == [len(made.ids)]
    return made.ids


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (6, [101, 7, 8, 9, 102]),
        (5, [101, 7, 8, 9, 102]),
        (4, [101, 7, 8, 102]),
        (3, [101, 7, 102]),
    ],
)
def test_a_length_counts_both_special_tokens(length, expected):
    made = single(SPECIAL, ids(7, 8, 9), length)
    assert made.tolist() == expected
    assert made.dtype == np.int32


def test_an_empty_text_is_its_special_tokens():
    assert single(SPECIAL, ids(), 30).tolist() == [101, 102]


@settings(max_examples=30, deadline=None)
@given(
    words=st.lists(st.sampled_from(["red", "green", "river", "x42", "ü"])),
    length=st.integers(3, 12),
)
def test_it_equals_the_tokenizers_own_special_tokens_and_truncation(tiny_encoder, words, length):
    file = tiny_encoder / "tokenizer.json"
    special = SpecialTokens.read(file)
    tokenizer = Tokenizer.from_file(str(file))
    plain = tokenizer.encode(" ".join(words), add_special_tokens=False).ids
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[("[CLS]", special.cls), ("[SEP]", special.sep)],
    )
    tokenizer.enable_truncation(length)
    expected = tokenizer.encode(" ".join(words)).ids
    assert single(special, ids(*plain), length).tolist() == expected


@pytest.mark.parametrize(
    "names", [("[PAD]", "[UNK]", "[CLS]", "[SEP]"), ("<pad>", "<unk>", "<s>", "</s>")]
)
def test_names_of_both_families_are_read(tmp_path, names):
    file = write_added_tokens(tmp_path / "tokenizer.json", *names)
    assert SpecialTokens.read(file) == SpecialTokens(cls=12, sep=13, pad=10)


def test_a_tokenizer_without_a_role_is_an_error_that_names_the_file(tmp_path):
    file = write_added_tokens(tmp_path / "tokenizer.json", "[CLS]", "[SEP]")
    with pytest.raises(TasbError, match=r"tokenizer\.json: no \[CLS\], \[SEP\] and \[PAD\]"):
        SpecialTokens.read(file)
