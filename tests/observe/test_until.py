"""A day in the past: what came later is not counted, and a day after everything changes nothing."""

from __future__ import annotations

from pathlib import Path

from fedlore.observe.project import observe_project
from tests.observe.histories import BEGIN, DAY, Commit, make_repository

COMMITS = [Commit(day=day, files={b"a%d.py" % day: "A"}, subject=b"Fix %d" % day) for day in range(0, 200, 10)]


def test_a_day_in_the_past_sees_what_a_clone_of_that_day_would(tmp_path: Path) -> None:
    whole = make_repository(tmp_path / "whole", COMMITS, [("v1.0", 3), ("v2.0", 15)])
    early = make_repository(tmp_path / "early", COMMITS[:8], [("v1.0", 3)])
    day = BEGIN + 70 * DAY + 3600
    then, now = (observe_project(path, as_of=day) for path in (whole, early))
    assert then.commits == now.commits == 8
    assert then.notes == ("Not counted: 12 commits after the day asked for; the files are those of HEAD.",)
    assert now.notes == ()
    asked = [
        name for name in then.answers if name.startswith(("success.", "team.", "communication.", "collaboration."))
    ]
    assert len(asked) > 30
    assert {name: then.answers[name].value for name in asked} == {name: now.answers[name].value for name in asked}


def test_a_day_after_everything_changes_nothing(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "r", COMMITS, [("v1.0", 3)])
    same = [observe_project(path, as_of=BEGIN + 190 * DAY + hours * 3600) for hours in (0, 2)]
    assert [one.commits for one in same] == [20, 20]
    assert same[0].notes == same[1].notes == ()


def test_a_day_before_everything_has_no_history(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "r", COMMITS, [("v1.0", 3)])
    observed = observe_project(path, as_of=0)
    assert (observed.error, observed.commits, observed.months) == (None, 0, 0)
    assert observed.answers["success.survival"].value is False
