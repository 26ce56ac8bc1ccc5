"""Words and integers: what is encoded comes back, sums wrap nowhere, and nothing but integers in range is taken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlore.aggregate.masking.errors import ContributionError
from fedlore.aggregate.masking.vectors import LARGEST_SUM, add_into, decode, encode, from_bytes, subtract_from

in_range = st.integers(-LARGEST_SUM, LARGEST_SUM)


@given(st.lists(in_range, min_size=1, max_size=20))
def test_what_is_encoded_is_decoded(values: list[int]) -> None:
    contribution = np.array(values, dtype=np.int64)
    words = encode(contribution, length=len(values))
    assert decode(words).tolist() == values
    assert from_bytes(words.tobytes()).tolist() == [value % 2**32 for value in values]


@given(st.lists(st.tuples(in_range, in_range), min_size=1, max_size=20))
def test_sums_are_modulo_2_to_the_32(pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    total = encode(first, length=len(pairs))
    add_into(total, encode(second, length=len(pairs)))
    assert total.tolist() == [(a + b) % 2**32 for a, b in pairs]
    subtract_from(total, encode(second, length=len(pairs)))
    assert decode(total).tolist() == first.tolist()


def test_encoding_leaves_the_contribution_as_it_was() -> None:
    contribution = np.array([1, -2], dtype=np.int64)
    add_into(encode(contribution, length=2), encode(contribution, length=2))
    assert contribution.tolist() == [1, -2]


@given(st.integers(1, 1000))
def test_the_largest_addends_do_not_wrap_and_one_more_is_refused(addends: int) -> None:
    largest = LARGEST_SUM // addends
    for value in (largest, -largest):
        words = encode(np.array([value], dtype=np.int64), length=1, addends=addends)
        assert decode(np.multiply(words, np.uint32(addends))).tolist() == [value * addends]
    for value in (largest + 1, -largest - 1):
        with pytest.raises(ContributionError, match="within"):
            encode(np.array([value], dtype=np.int64), length=1, addends=addends)


@pytest.mark.parametrize("addends", [0, -1])
def test_a_sum_of_nothing_is_refused(addends: int) -> None:
    with pytest.raises(ContributionError, match="at least one"):
        encode(np.array([1], dtype=np.int64), length=1, addends=addends)
