"""Features of the history stay within the catalogue's shape whatever a history holds."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.catalogue.load import load_catalogue
from fedlore.observe.evidence import Evidence
from tests.observe.histories import DAY, PEOPLE, Commit, make_evidence
from tests.observe.test_history_features import MODULES, features

DOMAINS = {
    "workflow": "workflow_patterns",
    "collaboration": "collaboration_patterns",
    "success": "project_success_factors",
    "team": "team_performance_indicators",
    "timeline": "timeline_accuracy_patterns",
    "process": "process_anti_patterns",
    "communication": "communication_anti_patterns",
    "methodology": "methodology_effectiveness",
    "tools": "tool_effectiveness",
    "skills": "skill_development_patterns",
}
PATHS = (b"src/a.py", b"src/b.go", b"tests/test_a.py", b".github/workflows/ci.yml", b".flake8", b"README", b"\xff/\n")
SUBJECTS = (b"", b"wip", b"Fix it", b"feat: it", b'Revert "it"', b"Add it (#1)", b"\xff\x00\x01")
# From 1950 to 5000, most of them near one another.
DAYS = st.one_of(st.floats(0, 900), st.integers(-20_000, 1_000_000).map(float))

commits = st.builds(
    Commit,
    subject=st.sampled_from(SUBJECTS),
    day=DAYS,
    who=st.sampled_from(PEOPLE),
    files=st.dictionaries(st.sampled_from(PATHS), st.sampled_from("AMD")),
    merges=st.sampled_from([None, None, None, 1]),
    zone=st.sampled_from(["+0000", "-0700", "+1400"]),
    written_day=st.one_of(st.none(), DAYS),
    coauthors=st.integers(0, 3),
    by_agent=st.booleans(),
    reviewed=st.booleans(),
)


def _released_by_then(evidence: Evidence) -> Evidence:
    """The evidence as it is read: without releases after the day that is looked back from."""
    times = evidence.history.release_times
    past = times[times // DAY <= evidence.as_of // DAY]
    return replace(evidence, history=replace(evidence.history, release_times=past))


evidences = st.builds(
    make_evidence,
    st.lists(commits, max_size=12).flatmap(lambda some: st.sampled_from([1, 2, 15]).map(lambda times: some * times)),
    paths=st.lists(st.sampled_from(PATHS), unique=True),
    release_days=st.lists(DAYS, max_size=12),
    as_of_day=DAYS,
).map(_released_by_then)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_module_computes_exactly_the_measures_of_its_domain(module: object) -> None:
    name = module.__name__.rpartition(".")[2]  # type: ignore[attr-defined]
    wanted = [measure.id for measure in load_catalogue().of_domains([DOMAINS[name]]) if measure.id[:8] != "stories."]
    assert len(wanted) >= 3
    assert sorted(module.features(make_evidence([Commit()]))) == sorted(wanted)  # type: ignore[attr-defined]


NOT_YET_KNOWN = {"tools.linter_kept", "tools.ci_kept"}
"""Yes-no measures that are absent while a tool is younger than a year."""


@settings(max_examples=150, deadline=None, derandomize=True)
@given(evidences)
def test_values_are_of_their_measure(evidence: Evidence) -> None:
    catalogue = load_catalogue()
    for name, value in features(evidence).items():
        measure = catalogue[name]
        if measure.kind == "yes-no":
            assert type(value) is bool or (value is None and name in NOT_YET_KNOWN), name
        elif value is not None:
            assert type(value) is float, name
            low, high = measure.bounds or (0, math.inf)
            assert low <= value <= high and math.isfinite(value), name


def test_an_empty_history_has_a_value_for_everything() -> None:
    values = features(make_evidence([])).values()
    assert set(values) == {False, None}


def test_the_four_outcomes_are_the_only_ones() -> None:
    assert sorted(measure.id for measure in load_catalogue().outcomes()) == [
        "success.activity_slope",
        "success.corrective_share",
        "success.release_regularity",
        "success.survival",
    ]


def test_bounds_are_reached() -> None:
    """A test of bounds proves nothing if no history comes near them."""
    extreme = [Commit(b"revert: it", day) for day in range(20)]
    values = features(make_evidence(extreme, release_days=range(10)))
    assert values[load_catalogue()["team.revert_share"].id] == 0.05
    assert values[load_catalogue()["team.quick_release_share"].id] == 0.5
