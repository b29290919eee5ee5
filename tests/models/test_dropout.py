import copy

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModel

from tasb.models.attention import attention
from tasb.models.dropout import Dropout, drop, use_drop
from tasb.models.encoder import Encoder
from tasb.tokens.special import SpecialTokens
from tasb.tokens.texts import Texts


def test_a_share_p_is_zero_and_the_rest_is_scaled():
    torch.manual_seed(1)
    values = torch.full((1000, 1001), 2.0)
    dropped = drop(values, 0.1)
    kept = dropped[dropped != 0]
    assert kept.unique().tolist() == pytest.approx([2 / 0.9], rel=1e-4)
    # 1,001,000 draws: the standard deviation of the share is .0003
    assert 1 - kept.numel() / values.numel() == pytest.approx(0.1, abs=0.0015)


def test_each_of_the_four_elements_of_a_word_is_dropped_alike_and_alone():
    torch.manual_seed(2)
    zero = (drop(torch.ones(400_000), 0.25) == 0).view(-1, 4).double()
    assert zero.mean(0).tolist() == pytest.approx([0.25] * 4, abs=0.01)
    assert torch.corrcoef(zero.T).fill_diagonal_(0).abs().max() < 0.02


def test_masks_follow_the_random_state():
    values = torch.ones(999)
    torch.manual_seed(3)
    first, second = drop(values, 0.5), drop(values, 0.5)
    torch.manual_seed(3)
    assert torch.equal(drop(values, 0.5), first)
    assert not torch.equal(first, second)


def test_the_gradient_is_the_mask():
    torch.manual_seed(4)
    values = torch.randn(3, 5, 7, requires_grad=True)
    dropped = drop(values, 0.3)
    dropped.sum().backward()
    assert values.grad is not None
    torch.testing.assert_close(values.grad, (dropped / values).detach())


def test_attention_with_hardly_any_dropout_is_that_of_transformers():
    torch.manual_seed(5)
    query, key, value = torch.randn(3, 2, 4, 6, 8).unbind()
    mask = torch.ones(2, 1, 6, 6, dtype=torch.bool)
    mask[1, :, :, 4:] = False
    module = nn.Module()
    # 1e-6 is rounded to no dropout at all, by the way of training
    trained, _ = attention(module, query, key, value, mask, dropout=1e-6, scaling=0.3)
    read, _ = attention(module, query, key, value, mask, dropout=0.0, scaling=0.3)
    torch.testing.assert_close(trained, read)
    torch.testing.assert_close(
        read,
        nn.functional.scaled_dot_product_attention(query, key, value, mask, scale=0.3).transpose(
            1, 2
        ),
    )


def test_attention_drops_whole_readings_of_a_token():
    torch.manual_seed(6)
    query = key = torch.zeros(1, 1, 4, 2)
    value = torch.eye(4)[None, None]
    read, _ = attention(nn.Module(), query, key, value, None, dropout=0.5, scaling=1.0)
    assert set(read.unique().tolist()) == {0.0, 0.5}


def test_a_model_draws_its_masks_here_as_often_as_its_config_says(weights):
    config = AutoConfig.from_pretrained(weights)
    for key, p in {"attention_dropout": 0.3, "attention_probs_dropout_prob": 0.3}.items():
        setattr(config, key, p)
    expected = [m.p for m in AutoModel.from_config(config).modules() if isinstance(m, nn.Dropout)]
    encoder = Encoder(AutoModel.from_config(config), SpecialTokens.read(weights / "tokenizer.json"))
    use_drop(encoder)
    found = [m for m in encoder.modules() if isinstance(m, nn.Dropout)]
    assert {type(module) for module in found} == {Dropout}
    assert [module.p for module in found] == expected
    assert set(expected) == {0.1, 0.3}
    assert encoder.transformer.config._attn_implementation == "tasb"


def test_without_dropout_training_and_inference_agree(encoder: Encoder, texts):
    still = copy.deepcopy(encoder)
    use_drop(still)
    for module in still.modules():
        if isinstance(module, nn.Dropout):
            module.p = 1e-6
    ready = encoder.ready(Texts.of(texts), 45)
    for (group, trained), (_, read) in zip(still.train().groups(ready), encoder.groups(ready)):
        real = group.mask.bool()
        torch.testing.assert_close(trained[real], read[real], atol=2e-5, rtol=1e-4)
