"""Measures of stories and of timelines have the values that a plan made for them must have."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.observe.artefacts.states import OTHER, STATES
from fedlore.observe.evidence import Answer, Evidence, Labels, Place, Planning, StatusChange, Story
from fedlore.observe.features import stories, timeline
from fedlore.observe.features.scope import Scope, finished_scopes
from fedlore.observe.intervals import EXACT_SHARE, rate_interval, share_interval, sum_ratio_interval
from tests.observe.histories import Commit, make_evidence

DAY = 86_400
BACKLOG, READY, PROGRESS, REVIEW, DONE = STATES
EMPTY = make_evidence([Commit()])


def way(item: str, *steps: tuple[float, str], kind: str = "story") -> list[StatusChange]:
    return [StatusChange(item, kind, int(day * DAY), state) for day, state in steps]


def planned(*ways: Sequence[StatusChange], **more: object) -> Evidence:
    changes = tuple(sorted((change for one in ways for change in one), key=lambda change: change.time))
    return replace(EMPTY, planning=Planning(changes=changes, **more))  # type: ignore[arg-type]


def answers(evidence: Evidence) -> Mapping[MeasureId, Answer]:
    return {**stories.features(evidence), **timeline.features(evidence)}


def answer(name: str, evidence: Evidence) -> Answer:
    return answers(evidence)[MeasureId(name)]


WHOLE = way("1-1", (0, BACKLOG), (1, READY), (3, PROGRESS), (4, REVIEW), (5, DONE))
BACK = way("1-2", (0, BACKLOG), (1, READY), (2, PROGRESS), (4, REVIEW), (5, PROGRESS), (7, REVIEW), (8, DONE))
QUICK = way("1-3", (0, BACKLOG), (2, READY), (6, REVIEW), (7, DONE))
STRAIGHT = way("1-4", (0, BACKLOG), (6, DONE))
LEAP = way("1-5", (0, READY), (8, DONE))
FIRST_SEEN_DONE = way("1-6", (0, DONE))
STUCK = way("1-7", (0, BACKLOG), (1, PROGRESS))
LATE = way("1-8", (60, BACKLOG))
ALL = planned(WHOLE, BACK, QUICK, STRAIGHT, LEAP, FIRST_SEEN_DONE, STUCK, LATE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cycle_time", 2.0),  # of 2, 6 and 1 days
        ("waiting_time", 3.0),  # stays of 2, 1, 4 and 8 days
        ("all_states", 2 / 5),
        ("throughput", 5 / (60 / 7)),
        ("work_in_progress", None),  # four were ever seen in work
        ("review_share", (1 + 1 + 1 + 1) / (2 + 6 + 1)),
        ("straight_to_done", 2 / 5),
        ("went_back", 1 / 6),
        ("stalled", None),
        ("drift", None),
        ("size", None),
        ("epics_accepted", None),
        ("without_retrospective", None),
    ],
)
def test_measures_of_ways(name: str, value: float | None) -> None:
    assert answer(f"stories.{name}", ALL).value == (value if value is None else pytest.approx(value))


def test_work_in_progress_and_what_is_left_in_the_middle() -> None:
    ways = [way(f"1-{n}", (n, BACKLOG), (n + 1, PROGRESS), (n + 2.5, REVIEW), (n + 3, DONE)) for n in range(5)]
    # At any time one has just begun and another is on its way; a third begins at the moment at which the first ends.
    assert answer("stories.work_in_progress", planned(*ways)).value == 2
    stalled = planned(*ways, way("2-1", (0, PROGRESS)), way("2-2", (40, REVIEW)))
    found = answer("stories.stalled", stalled)
    assert found.value == pytest.approx(1 / 7)
    assert found.because == {"stories stalled in work": 1, "stories seen in work": 7}
    for days, stuck in ((30, 0), (31, 1)):
        left = planned(*ways, way("2-1", (10, PROGRESS)), way("2-2", (10 + days, BACKLOG)))
        assert answer("stories.stalled", left).because["stories stalled in work"] == stuck


def test_what_story_files_say() -> None:
    files = [
        Story("1-1", b"a.md", DONE, 3, True, 1, 4),
        Story("1-2", b"b.md", REVIEW, None, True, 0, 6),
        Story("1-3", b"c.md", DONE, None, False, 0, 0),
        Story("1-4", b"d.md", OTHER, None, False, 0, 5),
        Story("1-5", b"e.md", BACKLOG, None, False, 0, 9),
        Story("1-6", b"f.md", DONE, None, False, 0, 8),
        Story("9-9", b"g.md", DONE, None, False, 0, 0),
    ]
    states = {("story", f"1-{n}"): DONE for n in range(1, 7)}
    evidence = planned(stories=tuple(files), states=states)
    drift = answer("stories.drift", evidence)
    assert drift.value == pytest.approx(2 / 5)
    assert drift.because == {"story files that disagree": 2, "story files with a state in the sprint file": 5}
    assert drift.places == (Place(b"b.md", 1), Place(b"e.md", 1))
    assert answer("stories.size", evidence).value == 6
    assert answer("stories.acceptance_criteria", evidence).value == pytest.approx(2 / 7)
    assert answer("stories.estimated", evidence).value == pytest.approx(1 / 7)
    assert answer("stories.drift", planned(stories=tuple(files[:4]), states=states)).value is None


def test_epics_and_their_verdicts() -> None:
    states = {
        ("epic", "1"): DONE,
        ("epic", "2"): DONE,
        ("epic", "3"): DONE,
        ("epic", "4"): PROGRESS,
        ("retrospective", "1"): DONE,
        ("retrospective", "3"): "optional",
    }
    verdicts = {"1": "rejected", "2": "", "4": "accepted", "5": "accepted-with-open-items"}
    evidence = planned(states=states, verdicts=verdicts)
    assert answer("stories.without_retrospective", evidence).value == pytest.approx(1 / 3)
    assert answer("stories.rejected_but_done", evidence).value == 1
    assert answer("stories.epics_accepted", evidence).value == pytest.approx(2 / 3)


def test_time_in_review_has_the_interval_of_leaving_each_story_out() -> None:
    # WHOLE was in review for 1 of 2 days, BACK for 2 of 6, QUICK for 1 of 1.
    expected = sum_ratio_interval([1, 2, 1], [2, 6, 1])
    assert expected is not None
    assert answer("stories.review_share", ALL).interval == pytest.approx(expected)
    assert answer("stories.throughput", ALL).interval == rate_interval(5, 60 / 7)


def test_scope_of_finished_epics() -> None:
    ways = [
        way("1-1", (0, BACKLOG), (2, PROGRESS), (5, DONE)),
        way("1-2", (0, BACKLOG), (9, DONE)),
        way("1-3", (1, BACKLOG), (6, "dropped")),
        way("1-4", (3, BACKLOG), (8, DONE)),
        way("2-1", (0, BACKLOG), (1, DONE)),
        way("3-1", (0, DONE)),
        way("1", (0, PROGRESS), (9, DONE), kind="epic"),
        way("3", (0, DONE), kind="epic"),
    ]
    evidence = planned(*ways)
    assert finished_scopes(evidence.planning) == [Scope(3, 2, 4, 7 * DAY)]
    assert answer("timeline.scope_growth", evidence).value == pytest.approx(1 / 3)
    assert answer("timeline.scope_delivered", evidence).value == pytest.approx(2 / 3)
    assert answer("timeline.scope_delivered", evidence).interval == (*share_interval(2, 3), EXACT_SHARE)
    assert answer("timeline.epic_days", evidence).value == 7


def test_forecasts_of_stories() -> None:
    days = (2, 2, 2, 4, 2.2)
    ways = [way(f"1-{n}", (10 * n, PROGRESS), (10 * n + length, DONE)) for n, length in enumerate(days)]
    # The forecasts of the last three are 2 each; two of them lie within a quarter.
    assert answer("timeline.story_pred25", planned(*ways)).value == 0.5
    assert answer("timeline.story_pred25", planned(*ways)).because == {"forecasts within a quarter": 2, "forecasts": 3}
    guessing = (2 + 0.2 + 1.8) / 3
    assert answer("timeline.story_accuracy", planned(*ways)).value == pytest.approx(1 - (2.2 / 3) / guessing)
    assert answer("timeline.story_accuracy", planned(*ways[:4])).value is None


def test_estimates_in_points() -> None:
    ways = [way(f"1-{n}", (0, PROGRESS), (n, DONE)) for n in range(1, 6)]
    exact = planned(*ways, stories=tuple(Story(f"1-{n}", b"x", DONE, 2.0 * n) for n in range(1, 6)))
    assert answer("timeline.point_error", exact).value == pytest.approx(0)
    assert answer("timeline.point_correlation", exact).value == pytest.approx(1)
    turned = planned(*ways, stories=tuple(Story(f"1-{n}", b"x", DONE, 6.0 - n) for n in range(1, 6)))
    assert answer("timeline.point_correlation", turned).value == pytest.approx(-1)
    # Points 5, 4, 3, 2, 1 for 1, 2, 3, 4, 5 days: the others' days a point are 14/10, 13/11, 12/12, 11/13, 10/14.
    errors = sorted([abs(1 - 7) / 1, abs(2 - 52 / 11) / 2, 0, abs(4 - 22 / 13) / 4, abs(5 - 10 / 14) / 5])
    assert answer("timeline.point_error", turned).value == pytest.approx(errors[2])
    same = planned(*ways, stories=tuple(Story(f"1-{n}", b"x", DONE, 3.0) for n in range(1, 6)))
    assert answer("timeline.point_correlation", same).value is None


@pytest.mark.parametrize(
    ("planned_days", "actual_days", "error", "close", "slip"),
    [(100, 125, 0.2, 1, 0.25), (100, 400, 0.75, 0, 1), (100, 40, 1.5, 0, -0.5), (0, 40, None, None, None)],
)
def test_deliveries(
    planned_days: float, actual_days: float, error: float | None, close: float | None, slip: float | None
) -> None:
    labels = Labels({"planned_days": planned_days, "actual_days": actual_days})
    found = [answer(f"timeline.delivery_{name}", replace(EMPTY, labels=labels)) for name in ("error", "pred25", "slip")]
    assert [one.value for one in found] == [error, close, slip]
    if error is not None:
        assert found[0].because == {"planned days": planned_days, "actual days": actual_days}


def test_late_releases() -> None:
    # Intervals 10, 10, 10, 13, 10: the forecasts of the last three are 10 each.
    evidence = make_evidence([Commit()], release_days=[0, 10, 20, 30, 43, 53])
    assert answer("timeline.release_slip", evidence).value == pytest.approx(1 / 3)
    # 12 days are within a quarter of the 10 that were forecast, 13 are not.
    close = make_evidence([Commit()], release_days=[0, 10, 20, 30, 42, 52, 62])
    assert answer("timeline.release_slip", close).value == 0
    assert answer("timeline.release_slip", close).because["forecasts"] == 4


def test_without_a_plan_or_releases_every_measure_is_absent() -> None:
    absent = {name for name, found in answers(EMPTY).items() if found.value is None}
    assert absent == set(answers(EMPTY))
    wanted = {measure for measure in load_catalogue().measures if measure.startswith(("stories.", "timeline."))}
    assert set(answers(EMPTY)) == wanted


steps = st.tuples(st.floats(-20_000, 1_000_000), st.sampled_from([*STATES, OTHER, "dropped", "optional"]))
items = st.sampled_from(["1-1", "1-2", "1-3", "2-1", "2-2", "3-5-1", "a: 1-1", "td-1", "1", "2", "3-5"])
ways_of_items = st.builds(
    lambda item, taken, kind: way(item, *taken, kind=kind),
    items,
    st.lists(steps, max_size=6),
    st.sampled_from(["story", "story", "story", "epic", "retrospective"]),
)
story_files = st.builds(
    Story,
    items,
    st.just(b"x.md"),
    st.sampled_from(["", *STATES, OTHER]),
    st.one_of(st.none(), st.floats(0.01, 100)),
    st.booleans(),
    st.just(0),
    st.integers(0, 2_000_000),
)
plans = st.builds(
    lambda ways, files, states, verdicts, labels, days: replace(
        planned(*ways, stories=tuple(files), states=states, verdicts=verdicts),
        history=make_evidence([Commit()], release_days=days).history,
        labels=Labels(labels),
    ),
    st.lists(ways_of_items, max_size=30),
    st.lists(story_files, max_size=15),
    st.dictionaries(
        st.tuples(st.sampled_from(["story", "epic", "retrospective"]), items), st.sampled_from([*STATES, OTHER])
    ),
    st.dictionaries(items, st.sampled_from(["", "accepted", "accepted-with-open-items", "rejected"])),
    st.dictionaries(st.sampled_from(["planned_days", "actual_days"]), st.floats(0, 36_500)),
    st.lists(st.floats(0, 900), max_size=12),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(plans)
def test_values_are_of_their_measure_for_any_plan(evidence: Evidence) -> None:
    catalogue = load_catalogue()
    for name, found in answers(evidence).items():
        measure, value = catalogue[name], found.value
        if measure.kind == "yes-no":
            assert type(value) is bool, name
        elif value is not None:
            assert type(value) is float, name
            low, high = measure.bounds or (0, math.inf)
            assert low <= value <= high and math.isfinite(value), (name, value)


def test_the_bounds_are_reached() -> None:
    """A test of bounds proves nothing if no plan comes near them."""
    back = [way(f"1-{n}", (0, REVIEW), (1, PROGRESS), (2, DONE)) for n in range(6)]
    assert answer("stories.went_back", planned(*back)).value == 0.5
    files = tuple(Story(f"1-{n}", b"x", DONE) for n in range(6))
    states = {("story", f"1-{n}"): REVIEW for n in range(6)}
    assert answer("stories.drift", planned(stories=files, states=states)).value == 0.5
