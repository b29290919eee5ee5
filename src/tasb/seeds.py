"""All randomness comes from the config's seed, through one named stream per use."""

import hashlib

import numpy as np


def derive(seed: int, *names: str | int) -> int:
    """Return a 64-bit seed for the named use; different names give independent streams."""
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random generator of the named use."""
    return np.random.Generator(np.random.Philox(key=derive(seed, *names)))


def random_words(seed: int, start: int, stop: int, width: int) -> np.ndarray:
    """Return the random 64-bit words of rows ``start`` to ``stop`` of an endless table.

    Row ``i`` depends on the seed and ``i`` alone (Philox is counter-based: a row is a fixed
    stretch of its stream), so that any part can be made without the rest.

    Returns:
        ``uint64`` of shape (stop - start, width).
    """
    blocks = -(-width // 4)  # Philox makes four words for each value of its counter
    generator = np.random.Philox(key=seed)
    generator.advance(start * blocks)
    table = generator.random_raw((stop - start) * blocks * 4)
    return np.asarray(table).reshape(stop - start, blocks * 4)[:, :width]
