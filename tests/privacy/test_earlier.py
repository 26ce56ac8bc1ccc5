"""What an earlier release leaves possible is taken at its best, and only what is hopeless even then is left out."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from fedlore.catalogue.measure import MeasureId
from fedlore.privacy.earlier import (
    ALL_THE_SAME,
    Earlier,
    bin_width,
    is_doubtful,
    mean_width,
    most_with_value,
    pair_width,
    why_not_pair,
    why_not_value,
)
from fedlore.privacy.forecast import likelihood_halfwidth
from fedlore.privacy.questions import Questions, useful
from tests.privacy.test_planner import CATALOGUE, REQUEST

RARE, EVEN, COMMON = Earlier(0.1, 0.05, 0.2, "r1"), Earlier(0.45, 0.4, 0.6, "r2"), Earlier(0.9, 0.7, 0.95, "r3")
A, B, C, NEW = (MeasureId(name) for name in ("a", "b", "c", "new"))
KNOWN = {A: RARE, B: EVEN, C: COMMON}
NORMAL = 1.959963984540054


def test_a_share_is_taken_where_its_interval_is_nearest_to_one_half() -> None:
    assert [one.nearest_half for one in (RARE, EVEN, COMMON)] == [0.2, 0.5, 0.7]
    assert pair_width(KNOWN, (A, C), 1000, 9.0) == likelihood_halfwidth(1000, 9.0, 0.2, 0.7)
    assert pair_width(KNOWN, (A, NEW), 1000, 9.0) == likelihood_halfwidth(1000, 9.0, 0.2, 0.5)


def test_a_pair_is_doubtful_between_what_is_possible_and_what_was_said() -> None:
    possible, said = (likelihood_halfwidth(1000, 9.0, p, q) for p, q in ((0.2, 0.7), (0.1, 0.9)))
    assert possible < said
    for within, doubtful in ((possible * 0.999, False), (possible, True), (said * 0.999, True), (said, False)):
        assert is_doubtful(KNOWN, (A, C), 1000, 9.0, within) is doubtful
    even = likelihood_halfwidth(1000, 9.0, 0.5, 0.5)
    assert is_doubtful({}, (A, C), 1000, 9.0, even) is False


def test_bins_and_means_are_blurred_over_the_most_projects_that_can_have_a_value() -> None:
    assert (most_with_value(KNOWN, A), most_with_value(KNOWN, NEW)) == (0.2, 1.0)
    # A bin's share of four: three quarters of its own noise and a quarter of that of each other one.
    noise = math.sqrt((3 / 4) ** 2 + 3 * (1 / 4) ** 2)
    assert bin_width(KNOWN, A, 4, 1000, 9.0) == pytest.approx(NORMAL * 9 * noise / 200)
    # A mean of [-1, 1] over two, as its range is one.
    assert mean_width(KNOWN, A, 1000, 9.0) == pytest.approx(NORMAL * 9 / 200 / 2)
    assert mean_width(KNOWN, NEW, 1000, 9.0) == pytest.approx(NORMAL * 9 / 1000 / 2)


def test_the_reason_names_the_side_that_is_farther_from_one_half() -> None:
    assert why_not_pair(KNOWN, (A, C)) == (
        f"too few projects have the practice, by the release of round r1 ({ALL_THE_SAME})"
    )
    assert why_not_pair(KNOWN, (B, C)) == (
        f"too few projects lack the outcome, by the release of round r3 ({ALL_THE_SAME})"
    )
    assert why_not_pair(KNOWN, (NEW, A)).startswith("too few projects have the outcome, by the release of round r1")
    assert why_not_pair({}, (A, C)) == ""
    assert why_not_value(KNOWN, B) == f"too few projects have a value, by the release of round r2 ({ALL_THE_SAME})"
    assert why_not_value(KNOWN, NEW) == ""


@pytest.mark.parametrize(
    "asked", [Questions(histograms=((MeasureId("size"), 3),)), Questions(means=(MeasureId("age"),))]
)
def test_a_histogram_or_mean_that_few_have_a_value_of_is_of_no_use(asked: Questions) -> None:
    name = (*asked.means, *(name for name, _ in asked.histograms))[0]
    for high, of_use in ((0.9, True), (0.001, False)):
        request = replace(REQUEST, earlier={name: Earlier(high / 2, 0.0, high, "r")})
        assert useful(request, asked, CATALOGUE, "discrete gaussian") is of_use
    assert useful(REQUEST, asked, CATALOGUE, "discrete gaussian")
