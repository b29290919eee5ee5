"""Texts that tiny models encode, and how their vectors are compared."""

import numpy as np

TEXTS = ["alpha river", "tree bird stone river one two three", "red", "green blue one five"]
QUESTIONS = ["river bird", "one two five alpha green red blue tree"]
CLS, SEP, MASK = 2, 3, 4
"""Ids of the tiny tokenizer."""


def near(found, expected):
    """Compare vectors that are kept in fp16."""
    np.testing.assert_allclose(found.astype(np.float32), expected, rtol=2e-3, atol=2e-3)
