"""Series by quarters count what they say, whatever the dates, and trends are as sure as their slope."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import theilslopes

from fedlore.observe.evidence import Churn, Evidence
from fedlore.observe.report.quarters import day_name, name_of, quarter_of, start_of
from fedlore.observe.report.series import series_of
from fedlore.observe.report.trends import events_of, theil_sen, trends_of
from tests.observe.histories import ALICE, BEGIN, BOB, CAROL, DAY, DEPENDABOT, Commit, make_evidence

# BEGIN is 2020-09-13, in the third quarter, which ends 18 days later.
COMMITS = [
    Commit(b"Begin", 0, ALICE, {b"a.py": "A"}),
    Commit(b"Fix it", 1, BOB, {b"a.py": "M"}),
    Commit(b"Bump", 2, DEPENDABOT, {b"a.py": "M"}),
    Commit(b"Go on", 20, ALICE, {b"b.go": "A"}),
    Commit(b"Fix more", 200, CAROL, {b"b.go": "M"}),
    Commit(b"From the future", 9000, CAROL, {b"b.go": "M"}),
]


def _numbers(evidence: Evidence, name: str) -> dict[str, float]:
    return {name_of(quarter_of(start)): value for start, value in series_of(evidence)[name]}


@given(st.integers(0, 253_402_300_799))
def test_quarters_are_those_of_the_calendar(seconds: int) -> None:
    day = datetime.fromtimestamp(seconds, UTC)
    number = quarter_of(seconds)
    assert name_of(number) == f"{day.year} Q{(day.month + 2) // 3}"
    assert start_of(number) <= seconds < start_of(number + 1)
    assert day_name(seconds) == f"{day:%Y-%m-%d}".rjust(10, "0")


def test_activity_is_counted_by_quarters() -> None:
    evidence = make_evidence(COMMITS, release_days=[1.1, 1.2, 21], as_of_day=210)
    assert _numbers(evidence, "commits") == {"2020 Q3": 2, "2020 Q4": 1, "2021 Q1": 0, "2021 Q2": 1}
    assert _numbers(evidence, "contributors") == {"2020 Q3": 2, "2020 Q4": 1, "2021 Q1": 0, "2021 Q2": 1}
    assert _numbers(evidence, "newcomers") == {"2020 Q3": 2, "2020 Q4": 0, "2021 Q1": 0, "2021 Q2": 1}
    assert _numbers(evidence, "releases") == {"2020 Q3": 1, "2020 Q4": 1, "2021 Q1": 0, "2021 Q2": 0}
    assert _numbers(evidence, "corrective share") == {"2020 Q3": 0.5, "2020 Q4": 0, "2021 Q2": 1}
    assert _numbers(evidence, "language:go")["2021 Q2"] == 0.5


def test_lines_are_told_from_the_first_quarter_that_was_counted_in_full() -> None:
    evidence = make_evidence(COMMITS, as_of_day=210)
    days = evidence.history.commit_time[evidence.history.changed_commit] // DAY - BEGIN // DAY
    counted = days >= 15
    churn = Churn(np.where(counted, 7, -1).astype(np.int32), np.where(counted, 3, -1).astype(np.int32))
    assert _numbers(replace(evidence, churn=churn), "lines changed") == {"2021 Q1": 0, "2021 Q2": 10}
    all_counted = Churn(np.full(len(days), 7, np.int32), np.full(len(days), 3, np.int32))
    # The bot's two lines are nobody's work.
    assert _numbers(replace(evidence, churn=all_counted), "lines changed")["2020 Q3"] == 20
    assert series_of(evidence)["lines changed"] == ()


def test_no_commit_is_no_series() -> None:
    assert series_of(make_evidence([])) == {}
    assert series_of(make_evidence([Commit(who=DEPENDABOT)])) == {}
    assert trends_of({}, BEGIN) == ()


@given(st.lists(st.integers(-20_000, 4_000_000), min_size=1, max_size=30))
def test_no_date_makes_a_series_long_or_loses_a_commit_of_the_time(days: list[int]) -> None:
    commits = [Commit(b"x", day, ALICE, {b"a.py": "M"}) for day in sorted(max(day, -18_000) for day in days)]
    found = series_of(make_evidence(commits, as_of_day=1000))
    lengths = {name: len(series) for name, series in found.items()}
    assert max(lengths.values(), default=0) <= 80
    recent = sum(1000 - 365 * 15 < commit.day < 1001 for commit in commits)
    assert sum(value for _, value in found.get("commits", ())) >= recent


def test_slopes_are_those_of_theil_and_sen() -> None:
    rng = np.random.default_rng(7)
    for count in (6, 9, 12, 40):
        points = np.stack([np.arange(count), rng.normal(size=count).cumsum()], axis=1)
        slope, low, high = theil_sen(points)
        expected = theilslopes(points[:, 1], points[:, 0], 0.95)
        assert slope == pytest.approx(expected.slope)
        assert low <= expected.low_slope + 1e-12
        assert high >= expected.high_slope - 1e-12
        assert low <= slope <= high


def _quarters(values: list[float]) -> tuple[tuple[int, float], ...]:
    first = quarter_of(BEGIN)
    return tuple((start_of(first + index), value) for index, value in enumerate(values))


def test_directions_are_told_only_where_the_interval_tells_them() -> None:
    now = start_of(quarter_of(BEGIN) + 12)
    told = {
        "rising": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0],
        "falling": [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 90],
        "no clear trend": [3, 5, 2, 4, 3, 5, 2, 4, 3, 5, 2, 4, 3],
    }
    for direction, values in told.items():
        (trend,) = trends_of({"commits": _quarters(values)}, now)
        assert (trend.direction, trend.over) == (direction, 12)
        # The quarter that has not ended is shown, and counts for nothing.
        assert [point.ended for point in trend.points] == [True] * 12 + [False]
    (short,) = trends_of({"commits": _quarters([1, 2, 3])}, now)
    assert (short.direction, short.slope) == ("too short to say", None)


def test_a_quarter_of_which_nothing_is_told_leaves_a_gap() -> None:
    told = _quarters([0.5, 0.2, 0.1, 0.4])
    (trend,) = trends_of({"corrective share": (told[0], told[3])}, start_of(quarter_of(BEGIN) + 5))
    assert [point.value for point in trend.points] == [0.5, None, None, 0.4, None, None]
    assert trend.largest == 0.5
    assert [point.ended for point in trend.points] == [True] * 5 + [False]


def test_languages_are_a_trend_only_beside_another() -> None:
    now = start_of(quarter_of(BEGIN) + 3)
    alone = {"language:go": _quarters([1, 1, 1])}
    assert trends_of(alone, now) == ()
    both = alone | {"language:python": _quarters([0, 0.2, 0.6])}
    assert [trend.title for trend in trends_of(both, now)] == ["Share of Go", "Share of Python"]


def test_what_began_is_listed_by_day() -> None:
    commits = [*COMMITS, Commit(b"ci", 30, files={b".github/workflows/ci.yml": "A"})]
    evidence = make_evidence(sorted(commits, key=lambda one: one.day), as_of_day=210)
    events = events_of(series_of(evidence))
    assert ("2020-10-13", "2020 Q4", "the first configuration of continuous integration") in {
        (event.day, event.quarter, event.words) for event in events
    }
    assert [event.day for event in events] == sorted(event.day for event in events)
