"""Copied runs of lines are found across files, and their share is that of trees made with a known one."""

from __future__ import annotations

import random
import time
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.observe.duplication import RUN_LINES, SAMPLED, block_hashes, repeated_blocks


def lines(count: int, seed: int) -> list[bytes]:
    """Lines that stand nowhere else."""
    return [b"    value_%d = call(%d)\n" % (seed, seed * 1_000_000 + number) for number in range(count)]


def test_a_share_that_is_known() -> None:
    """Two files of 4,000 lines have 1,000 in common: the runs within these are 991 of 3,991 in each."""
    copied = lines(1000, 1)
    one = b"".join(lines(1500, 2) + copied + lines(1500, 3))
    other = b"".join(lines(500, 4) + copied + lines(2500, 5))
    found = repeated_blocks([block_hashes(one), block_hashes(other)])
    expected = (1000 - RUN_LINES + 1) / (4000 - RUN_LINES + 1)
    # Both files sample the same copied runs: half of the repeated ones are independent.
    error = sqrt(expected * (1 - expected) / (found.runs / 2))
    assert found.runs == pytest.approx(2 * 3991 / SAMPLED, rel=0.1)
    assert found.share == pytest.approx(expected, abs=4 * error)


def test_places_are_where_a_copy_begins() -> None:
    copied = lines(200, 1)
    one, other = b"".join(lines(100, 2) + copied), b"".join(copied + lines(50, 3))
    places = repeated_blocks([block_hashes(one), block_hashes(other)], most_places=1000).places
    assert len(places) > 50
    for row, line in places:
        assert 101 <= line <= 300 - RUN_LINES + 1 if row == 0 else 1 <= line <= 200 - RUN_LINES + 1
    assert len(repeated_blocks([block_hashes(one), block_hashes(other)], most_places=3).places) == 3


def test_indentation_blank_lines_and_comments_make_no_difference() -> None:
    plain = lines(80, 1)
    dressed = b"".join(b"\n\t\t" + line.strip() + b"  \r\n  // said\n{\n/* one\n two */\n" for line in plain)
    hashes = [{code >> 21 for code in block_hashes(data)} for data in (b"".join(plain), dressed)]
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) > 5


def test_licences_imports_and_brackets_are_no_copies() -> None:
    licence = b"/*\n" + b" words of a licence\n" * 40 + b" */\n" + b"# more of it\n" * 40
    assert block_hashes(licence + b"import a\nfrom b import c\n#include <d>\nuse e;\n" * 40 + b"  }\n);\n" * 40) == ()


def test_a_file_repeats_nothing_of_itself() -> None:
    once = block_hashes(b"".join(lines(100, 1) * 3))
    assert repeated_blocks([once]).repeated == 0
    assert repeated_blocks([once, once]).share == 1.0


def test_nothing_to_compare() -> None:
    assert block_hashes(b"") == ()
    assert block_hashes(b"".join(lines(RUN_LINES - 1, 1))) == ()
    assert repeated_blocks([]).share is None
    assert repeated_blocks([(), ()]).share is None


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_files_changes_nothing(seeds: list[int], chance: random.Random) -> None:
    blocks = [block_hashes(b"".join(lines(60, seed) + lines(20, 9))) for seed in seeds]
    shuffled = chance.sample(blocks, len(blocks))
    one, other = repeated_blocks(blocks), repeated_blocks(shuffled)
    assert (one.runs, one.repeated) == (other.runs, other.repeated)
    assert 0 <= one.repeated <= one.runs


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=2000))
def test_any_bytes_have_hashes(data: bytes) -> None:
    for code in block_hashes(data * 20):
        assert 0 <= code < 1 << 59
        assert 1 <= code & ((1 << 21) - 1) <= 20 * data.count(b"\n") + 20


def test_a_minified_line_and_a_million_lines_take_no_time() -> None:
    begun = time.process_time()
    assert block_hashes(b"a" * 10_000_000) == ()
    assert len(block_hashes(b"".join(b"x%d\n" % number for number in range(300_000)))) > 60_000
    assert time.process_time() - begun < 5
