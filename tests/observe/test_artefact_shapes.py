"""Whatever the bytes of an artefact, its reader makes a table of the documented shape (a small sibling of fuzzing)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.observe.artefact_shapes import SEEDS, check_artefact, check_key

WORDS = (
    *b"--- status Status: done review [x] ## # Tasks &a *a !!x { } : - ? > | 1-2-a epic-1 \" ' <!-- --> ```".split(),
    *b"development_status: verdict: rejected FR1 Decision id: \xff \xef\xbb\xbf \x00".split(b" "),
    *(b"\n", b"\n\n", b" ", b"\t", b": ", b"- ", b"  ", b"- [x] "),
)
TEXTS = st.lists(st.sampled_from(WORDS), max_size=40).map(b"".join)


def mutated(data: bytes, seed: int) -> bytes:
    """A good file with a few bytes changed, words put in, and parts left out or doubled."""
    chance = random.Random(seed)
    for _ in range(chance.randrange(1, 6)):
        begin, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        middle = chance.choice([b"", chance.choice(WORDS), data[begin:end] * 2, bytes([chance.randrange(256)])])
        data = data[:begin] + middle + data[end if chance.random() < 0.5 else begin :]
    return data


@pytest.mark.parametrize("kind", sorted(SEEDS))
def test_good_and_damaged_files(kind: str) -> None:
    for data in SEEDS[kind]:
        check_artefact(kind, data)
        for seed in range(150):
            check_artefact(kind, mutated(data, seed))


@pytest.mark.parametrize("kind", sorted(SEEDS))
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.one_of(TEXTS, st.binary(max_size=200)))
def test_any_bytes(kind: str, data: bytes) -> None:
    check_artefact(kind, data)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.one_of(st.text(max_size=100), st.from_regex(r"(epic|story)?[-_. ]?\d{1,4}[a-z]?[-_.]\d{1,4}.{0,20}(-retro)?"))
)
def test_any_key(text: str) -> None:
    check_key(text)


def test_a_table_of_another_shape_is_told() -> None:
    with pytest.raises(KeyError):
        check_artefact("no such kind", b"")
