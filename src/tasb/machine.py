"""What this machine has, told without importing torch."""

from pathlib import Path

DEVICES = ("/dev/nvidia0", "/dev/dxg")
"""Files of the first NVIDIA card on Linux, and on Windows below Linux."""


def has_gpu() -> bool:
    """Return whether there is a GPU that CUDA could use."""
    return any(Path(device).exists() for device in DEVICES)
