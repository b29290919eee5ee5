"""What makes the folder of a model complete: its tokenizer, and what other libraries read.

transformers reads the tokenizer; sentence-transformers reads ``modules.json``, and would pool by
the mean without it.
"""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from tasb.files import write_json, write_text
from tasb.models.card import Card
from tasb.tokens.special import ROLES


def complete(folder: str | Path, tokenizer: str | Path, card: Card) -> None:
    """Write the tokenizer and the files of sentence-transformers next to the weights.

    Texts are cut to ``passage_length``; queries need ``max_seq_length`` set to ``query_length``.

    Args:
        folder: of config.json and model.safetensors.
        tokenizer: tokenizer.json of the encoder.
        card: how texts become vectors.
    """
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    _write_tokenizer(folder, Tokenizer.from_file(str(tokenizer)), card, config)
    steps = [("Transformer", ""), ("Pooling", "1_Pooling")]
    steps += [("Normalize", "2_Normalize")] if card.similarity == "cosine" else []
    modules = [
        {"idx": place, "name": str(place), "path": path,
         "type": f"sentence_transformers.models.{name}"}
        for place, (name, path) in enumerate(steps)
    ]  # fmt: skip
    write_json(folder / "modules.json", modules)
    length = {"max_seq_length": card.passage_length, "do_lower_case": False}
    write_json(folder / "sentence_bert_config.json", length)
    similarity: dict[str, Any] = {
        "prompts": {},
        "default_prompt_name": None,
        "similarity_fn_name": card.similarity,
    }
    write_json(folder / "config_sentence_transformers.json", similarity)
    pooling = {
        "word_embedding_dimension": config.get("hidden_size", config.get("dim")),
        "pooling_mode_cls_token": card.pooling == "cls",
        "pooling_mode_mean_tokens": card.pooling == "mean",
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
        "include_prompt": True,
    }
    write_json(folder / "1_Pooling" / "config.json", pooling)


def _write_tokenizer(folder: Path, tokenizer: Tokenizer, card: Card, config: Any) -> None:
    """Write the tokenizer such that it adds the special tokens, and neither cuts nor pads."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokens = {role: next((name for name in names if tokenizer.token_to_id(name) is not None), None)
              for role, names in ROLES.items()}  # fmt: skip
    cls, sep = str(tokens["cls_token"]), str(tokens["sep_token"])
    if tokenizer.post_processor is None:
        tokenizer.post_processor = TemplateProcessing(
            single=f"{cls} $A {sep}",
            pair=f"{cls} $A {sep} $B:1 {sep}:1",
            special_tokens=[(name, tokenizer.token_to_id(name)) for name in (cls, sep)],
        )
    write_text(folder / "tokenizer.json", tokenizer.to_str(pretty=True))
    segments = ["token_type_ids"] if config.get("type_vocab_size", 0) > 1 else []
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": card.passage_length,
        "model_input_names": ["input_ids", *segments, "attention_mask"],
        **{role: name for role, name in tokens.items() if name is not None},
    }
    write_json(folder / "tokenizer_config.json", settings)
