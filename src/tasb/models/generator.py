"""An encoder-decoder that writes queries for passages, made of two copies of one BERT."""

import copy
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import BertLMHeadModel, EncoderDecoderModel, PreTrainedModel

from tasb.errors import TasbError
from tasb.models.encoder import Encoder, Loaded
from tasb.tokens.texts import Texts

UNCOUNTED = -100
"""The label of padding, as transformers and torch have it."""


class QueryGenerator(nn.Module):
    """P(query | passage), token by token; a query is ``[CLS] tokens [SEP]``.

    The decoder begins with the encoder's weights, its attention over the passage with those of
    its self-attention; a new language-model head shares the word embeddings.
    """

    def __init__(self, encoder: Encoder) -> None:
        """Take an encoder.

        Raises:
            TasbError: it is no BERT.
        """
        super().__init__()
        self.encoder = encoder
        self.decoder = _decoder_of(encoder.transformer)

    def losses(self, passages: Loaded, queries: Texts) -> tuple[torch.Tensor, int]:
        """Return the summed cross entropy of all tokens of queries, and how many they are.

        Args:
            passages: with special tokens.
            queries: the query of each, with special tokens.
        """
        total, count = [], 0
        for group, states in self.encoder.groups(passages):
            ids, labels = _shifted(queries.select(group.rows), self.encoder.special.pad)
            on = states.device
            logits = self.decoder(
                input_ids=ids.to(on), attention_mask=(labels != UNCOUNTED).long().to(on),
                encoder_hidden_states=states, encoder_attention_mask=group.mask,
            ).logits  # fmt: skip
            each = logits.float().flatten(0, 1), labels.to(on).flatten()
            total.append(nn.functional.cross_entropy(*each, reduction="sum"))
            count += int((labels != UNCOUNTED).sum())
        return torch.stack(total).sum(), count

    def save(self, folder: str | Path) -> None:
        """Write both as one model, which transformers reads as an EncoderDecoderModel."""
        both = EncoderDecoderModel(encoder=self.encoder.transformer, decoder=self.decoder)
        special = self.encoder.special
        both.config.decoder_start_token_id = special.cls
        both.config.eos_token_id, both.config.pad_token_id = special.sep, special.pad
        both.save_pretrained(folder)
        (Path(folder) / "generation_config.json").unlink()  # config.json says the same


def _decoder_of(transformer: PreTrainedModel) -> Any:
    if transformer.config.model_type != "bert":
        raise TasbError(
            f"model 'doc2query': its decoder is made of a BERT, and init is a "
            f"'{transformer.config.model_type}'; choose another encoder"
        )
    config: Any = copy.deepcopy(transformer.config)
    config.is_decoder = config.add_cross_attention = True
    config._attn_implementation = "eager"
    decoder: Any = BertLMHeadModel(config)
    decoder.bert.load_state_dict(
        {name: value for name, value in transformer.state_dict().items()
         if not name.startswith("pooler.")}, strict=False)  # fmt: skip
    for layer in decoder.bert.encoder.layer:
        layer.crossattention.load_state_dict(layer.attention.state_dict())
    decoder.tie_weights()
    return decoder


def _shifted(queries: Texts, pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the tokens that the decoder reads, and those that it is to write, (n, longest)."""
    longest = int(queries.lengths.max()) - 1
    ids = torch.full((len(queries), longest), pad)
    labels = torch.full((len(queries), longest), UNCOUNTED)
    for row, (start, length) in enumerate(zip(queries.starts, queries.lengths)):
        tokens = torch.from_numpy(queries.ids[start : start + length].astype("int64"))
        ids[row, : length - 1], labels[row, : length - 1] = tokens[:-1], tokens[1:]
    return ids, labels
