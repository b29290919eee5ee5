import pytest

from tasb.errors import TasbError
from tasb.models.layers import freeze
from tasb.tokens.texts import Texts


def trained(transformer):
    return {name for name, p in transformer.named_parameters() if p.requires_grad}


def test_the_embeddings_and_the_lowest_layers_are_frozen(encoder):
    every = trained(encoder.transformer)
    freeze(encoder.transformer, 1, "key")
    left = every - trained(encoder.transformer)
    assert any(name.startswith("embeddings.word") for name in left)
    assert any(".layer.0." in name for name in left)
    assert not any(".layer.1." in name or "pooler" in name for name in left)
    assert all(name.startswith("embeddings.") or ".layer.0." in name for name in left)


def test_zero_layers_freeze_nothing_not_even_embeddings(encoder):
    every = trained(encoder.transformer)
    encoder.transformer.config.model_type = "electra"
    freeze(encoder.transformer, 0, "key")
    assert trained(encoder.transformer) == every


def test_layers_of_an_unlisted_architecture_cannot_be_frozen(encoder):
    encoder.transformer.config.model_type = "electra"
    with pytest.raises(TasbError) as error:
        freeze(encoder.transformer, 1, "runs.x.frozen_layers")
    assert str(error.value) == (
        "runs.x.frozen_layers: the layers of architecture 'electra' are not known; "
        "known: bert, distilbert"
    )


def test_frozen_layers_get_no_gradient_and_the_others_the_same_as_ever(encoder, texts):
    def gradients():
        encoder.zero_grad()
        states = [group[:, 0] for _, group in encoder.groups(encoder.ready(Texts.of(texts), 45))]
        sum(state.pow(2).sum() for state in states).backward()
        return {n: p.grad for n, p in encoder.transformer.named_parameters()}

    whole = gradients()
    freeze(encoder.transformer, 1, "key")
    some = gradients()
    for name, parameter in encoder.transformer.named_parameters():
        if not parameter.requires_grad:
            assert some[name] is None
        elif whole[name] is not None:
            assert (some[name] - whole[name]).abs().max() == 0
