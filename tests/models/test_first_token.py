import dataclasses

import pytest
import torch
from transformers import AutoModel

from tasb.models.dropout import use_drop
from tasb.models.encoder import Encoder
from tasb.models.first_token import FirstTokenAttention, keep_first_token
from tasb.tokens.texts import Texts


def all_states(encoder: Encoder, texts) -> list[torch.Tensor]:
    return [states for _, states in encoder.groups(encoder.ready(Texts.of(texts), 45))]


def test_the_first_state_and_its_gradient_are_those_of_the_whole_layer(encoder, texts):
    whole = all_states(encoder, texts)
    torch.cat([states[:, 0] for states in whole]).pow(2).sum().backward()
    expected = {name: p.grad for name, p in encoder.transformer.named_parameters()}
    encoder.zero_grad()
    keep_first_token(encoder.transformer)
    first = all_states(encoder, texts)
    torch.cat(first).pow(2).sum().backward()
    for some, every in zip(first, whole):
        assert some.shape == (len(every), 1, every.shape[-1])
        torch.testing.assert_close(some[:, 0], every[:, 0], atol=2e-5, rtol=1e-4)
    for name, parameter in encoder.transformer.named_parameters():
        if expected[name] is not None:
            torch.testing.assert_close(parameter.grad, expected[name], atol=1e-3, rtol=1e-3)


def test_the_last_feed_forward_reads_one_token_a_text(encoder, texts):
    seen = []
    linear = [m for m in encoder.transformer.modules() if isinstance(m, torch.nn.Linear)]
    wide = [m for m in linear if m.out_features > m.in_features]
    wide[-1].register_forward_hook(
        lambda module, inputs, output: seen.append(inputs[0].shape[:2].numel())
    )
    keep_first_token(encoder.transformer)
    states = all_states(encoder, texts)
    assert seen == [len(group) for group in states]


def test_an_unlisted_architecture_computes_all(encoder, texts):
    encoder.transformer.config.model_type = "electra"
    whole = all_states(encoder, texts)
    keep_first_token(encoder.transformer)
    for some, every in zip(all_states(encoder, texts), whole):
        assert some.shape == every.shape


def test_tokens_are_dropped_in_training(encoder):
    transformer = encoder.transformer
    keep_first_token(transformer)
    use_drop(transformer)
    (attention,) = (m for m in transformer.modules() if isinstance(m, FirstTokenAttention))
    names = attention.names
    with torch.no_grad():
        for name in (names.query, names.value):
            attention.get_parameter(f"{name}.weight").zero_()
        attention.get_parameter(f"{names.query}.bias").zero_()
        attention.get_parameter(f"{names.value}.bias").fill_(1.0)
    attention.names = dataclasses.replace(names, output=None)
    attention.dropout.p = 0.5
    torch.manual_seed(7)
    # four tokens, each read with a share of 1/4, twice that or nothing
    read, _ = attention.train()(torch.randn(500, 4, encoder.dimensions))
    assert set(read.unique().tolist()) == {0.0, 0.5, 1.0, 1.5, 2.0}
    assert read.mean().item() == pytest.approx(1.0, abs=0.05)


def test_the_weights_keep_their_names(encoder, reference, tmp_path):
    keep_first_token(encoder.transformer)
    encoder.save(tmp_path)
    read = AutoModel.from_pretrained(tmp_path).state_dict()
    for name, weight in reference.state_dict().items():
        assert torch.equal(read[name], weight)
