import logging

import pytest
import torch

from tasb.errors import TasbError, explained
from tasb.models import device, precision
from tasb.models.precision import autocast, full_precision, resolve_precision

GPU = torch.device("cuda")


@pytest.fixture
def cards(monkeypatch):
    """Make torch see some cards, of which the first computes in bf16 or does not."""

    def see(count, bf16=True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda on: "Card X")
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: bf16)
        monkeypatch.setattr(device, "has_gpu", lambda: True)

    return see


def test_one_card_needs_no_remark(cards):
    cards(1)
    assert device.remarks() == []


def test_of_two_cards_the_first_is_used(cards):
    cards(2)
    assert device.remarks() == [
        "2 GPUs are visible; this job computes on the first, Card X; CUDA_VISIBLE_DEVICES chooses "
        "another"
    ]


def test_a_build_for_cpus_beside_a_gpu_is_said(cards, monkeypatch):
    cards(0)
    monkeypatch.setattr(torch.version, "cuda", None)
    (remark,) = device.remarks()
    assert remark.startswith("there is a GPU, but this job computes on the CPU; PyTorch ")
    assert remark.endswith("is a build for CPUs: install one for CUDA")


def test_a_driver_that_does_not_match_is_said(cards, monkeypatch):
    def init():
        raise RuntimeError("The NVIDIA driver on your system is too old (found 11000).\nUpdate")

    cards(0)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "init", init)
    (remark,) = device.remarks()
    assert remark.endswith(
        "cannot use it: The NVIDIA driver on your system is too old (found 11000)."
    )


def test_no_card_at_all_needs_no_remark(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(device, "has_gpu", lambda: False)
    assert device.remarks() == []


def test_a_card_without_bf16_computes_in_fp16_and_says_so(cards, caplog, monkeypatch):
    cards(1, bf16=False)
    monkeypatch.setattr(precision.log, "propagate", True)
    with caplog.at_level(logging.WARNING):
        assert resolve_precision("auto", GPU) == "fp16"
    assert "precision fp16: cuda (Card X) does not compute in bf16" in caplog.text
    with pytest.raises(TasbError, match=r"cuda \(Card X\) does not compute in bf16: set"):
        resolve_precision("bf16", GPU)


def test_tf32_is_for_gpus(cards):
    with pytest.raises(TasbError, match="tf32 is a precision of GPUs, and none is used here"):
        resolve_precision("tf32", torch.device("cpu"))
    cards(1)
    try:
        assert resolve_precision("tf32", GPU) == "tf32"
        assert torch.backends.cuda.matmul.fp32_precision == "tf32"
        with full_precision(torch.device("cpu")):
            assert torch.backends.cuda.matmul.fp32_precision == "ieee"
        assert torch.backends.cuda.matmul.fp32_precision == "tf32"
    finally:
        resolve_precision("fp32", GPU)
    assert torch.backends.cuda.matmul.fp32_precision == "ieee"


def test_scores_are_fp32_inside_of_autocast():
    ones = torch.ones(2, 2)
    with autocast("bf16", torch.device("cpu")):
        assert (ones @ ones).dtype == torch.bfloat16
        with full_precision(torch.device("cpu")):
            assert (ones @ ones).dtype == torch.float32


def test_a_gpu_without_memory_is_explained():
    text = explained(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nMore"))
    assert text == (
        "the memory of the GPU is used up (CUDA out of memory. Tried to allocate 2 GiB.): stop "
        "other programs that use it, or lower batch_tokens, gradient_cache or batch_size"
    )
