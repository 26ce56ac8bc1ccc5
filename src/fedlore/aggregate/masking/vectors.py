"""Vectors of 32-bit words with wrap-around: what is masked, sent and added up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fedlore.aggregate.masking.errors import ContributionError

WORD = np.dtype("<u4")
WORD_BYTES = WORD.itemsize
LARGEST_SUM = 2**31 - 1

Words = npt.NDArray[np.uint32]


def encode(contribution: npt.NDArray[Any], *, length: int, addends: int = 1) -> Words:
    """Signed integers, shape ``(length,)``, as words modulo 2^32 (two's complement); a new array.

    Each value's magnitude may be at most ``(2^31 - 1) // addends``: then no sum of that many can wrap. Raises
    `ContributionError` for a larger one, for another length, and for anything but int64 (so for NaN and infinity).
    """
    if not isinstance(contribution, np.ndarray) or contribution.dtype != np.int64:
        raise ContributionError("a contribution is an array of 64-bit signed integers and nothing else")
    if contribution.shape != (length,):
        raise ContributionError(f"a contribution to this round has shape ({length},), not {contribution.shape}")
    if addends < 1:
        raise ContributionError("a sum has at least one addend")
    largest = LARGEST_SUM // addends
    if int(contribution.max()) > largest or int(contribution.min()) < -largest:
        raise ContributionError(f"a value of a contribution to a sum of {addends} lies within {largest} of zero")
    return contribution.astype(WORD)


def decode(total: Words) -> npt.NDArray[np.int64]:
    """The signed integers, same shape, that a sum of words stands for (those from 2^31 up are negative)."""
    return total.astype(WORD).view("<i4").astype(np.int64)


def add_into(total: Words, words: Words) -> None:
    """Add ``words`` to ``total`` in place, modulo 2^32; both have the same shape."""
    np.add(total, words, out=total)


def subtract_from(total: Words, words: Words) -> None:
    """Subtract ``words`` from ``total`` in place, modulo 2^32; both have the same shape."""
    np.subtract(total, words, out=total)


def from_bytes(data: bytes) -> Words:
    """A read-only view of little-endian words; ``data`` holds a whole number of them."""
    return np.frombuffer(data, dtype=WORD)
