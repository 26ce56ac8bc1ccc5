"""The report ranks what goes too far, says how every number came about, and lets no name act on a terminal."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from fedlore.catalogue.load import Catalogue, load_catalogue
from fedlore.catalogue.measure import Measure, MeasureId
from fedlore.counting import one_of
from fedlore.observe.evidence import Answer, Place
from fedlore.observe.intervals import ORDER, Interval, share_interval
from fedlore.observe.project import Observed
from fedlore.observe.report.build import report_of
from fedlore.observe.report.explain import explanation_as_dict, explanation_text
from fedlore.observe.report.html import html_of
from fedlore.observe.report.model import YOURS, ProjectReport
from fedlore.observe.report.numbers import number_of
from fedlore.observe.report.plain import report_as_dict
from fedlore.observe.report.standards import load_standards
from fedlore.observe.report.text import text_of
from fedlore.observe.report.words import found_words

AS_OF = 1_790_000_000
HOSTILE = b"src/\x1b[31m\xe2\x80\xaered[bold]<script>alert(1)</script>\xff.py"
CATALOGUE = load_catalogue()


def _observed(answers: Mapping[str, Answer], name: str = "shop", team: str = "") -> Observed:
    given = {measure: answers.get(measure, Answer(None)) for measure in CATALOGUE.measures}
    features = {measure: answer.value for measure, answer in given.items()}
    return Observed(Path("/repositories") / name, features, commits=10, answers=given, team=team)


def _project(answers: Mapping[str, Answer]) -> ProjectReport:
    (project,) = report_of([_observed(answers)], CATALOGUE, AS_OF).projects
    return project


def _printed(parts: object) -> str:
    out = io.StringIO()
    console = Console(file=out, width=120, force_terminal=False)
    for part in parts:  # type: ignore[attr-defined]
        console.print(part)
    return out.getvalue()


def test_anti_patterns_are_ranked_by_how_far_they_are_beyond_the_limit() -> None:
    project = _project(
        {
            "code.long_functions": Answer(True, {"long functions": 100, "functions": 1000}),
            "process.giant_commits": Answer(True, {"giant commits": 80, "human commits": 1000}),
            "code.bare_except": Answer(True, {"bare excepts": 3}, (Place(b"a.py", 7),)),
            "decisions.superseded_records": Answer(1.0),
            "code.deep_nesting": Answer(False, {"deep structures": 1, "functions": 100}),
            "code.mutable_defaults": Answer(None),
        }
    )
    ranked = [(finding.number.measure.id, finding.times) for finding in project.anti_patterns]
    assert ranked == [
        ("process.giant_commits", pytest.approx(8)),
        ("code.bare_except", 3),
        ("code.long_functions", pytest.approx(2)),
        ("decisions.superseded_records", None),
    ]
    assert project.anti_patterns[0].limit_words == "1\N{NO-BREAK SPACE}% of human commits"
    assert project.anti_patterns[1].limit_words == "1 bare except"
    assert project.anti_patterns[1].number.places == ("a.py:7",)


def test_what_is_held_to_a_limit_is_the_number_that_the_definition_counts() -> None:
    project = _project(
        {
            "communication.radio_silence": Answer(True, {"human commits": 500, "days of the longest silence": 90}),
            "timeline.release_overdue": Answer(1.0, {"days since the last": 80, "median days between": 10}),
            "code.god_classes": Answer(0.06, {"god classes": 3, "classes": 50}),
            "code.brain_methods": Answer(0.009, {"brain methods": 9, "functions": 1000}),
        }
    )
    limits = {finding.number.measure.id: finding.limit_words for finding in project.anti_patterns}
    assert limits["communication.radio_silence"] == "60 days"
    assert limits["timeline.release_overdue"] == "2 times the median days between"
    assert limits["code.god_classes"] == "3\N{NO-BREAK SPACE}% of classes"
    times = {finding.number.measure.id: finding.times for finding in project.anti_patterns}
    assert times == {"communication.radio_silence": 1.5, "timeline.release_overdue": 4, "code.god_classes": 2}
    numbers = {number.measure.id: number for number in project.numbers}
    assert numbers[_measure("timeline.release_overdue").id].share is None


def test_what_may_be_on_either_side_of_its_limit_is_marked_and_stands_below_the_rest() -> None:
    answers = {
        # 3 of 20 is three times the limit of 5 %, but the interval, 3 to 38 %, holds the limit.
        "code.deep_nesting": Answer(True, {"deep structures": 3, "functions": 20}),
        "code.long_functions": Answer(True, {"long functions": 100, "functions": 1000}),
        "code.god_classes": Answer(0.06, {"god classes": 3, "classes": 50}),
        "code.bare_except": Answer(True, {"bare excepts": 3}),
        "workflow.conventional_commits": Answer(True, {"conventional commits": 6, "human commits": 10}),
        "workflow.tests_with_change": Answer(True, {"with tests": 60, "changes": 100}),
        "workflow.small_commits": Answer(False, {"small commits": 7, "human commits": 10}),
        "workflow.linter": Answer(False),
    }
    project = _project(answers)
    found = [(finding.number.measure.id, finding.either_side) for finding in project.anti_patterns]
    assert found == [
        ("code.bare_except", False),
        ("code.long_functions", False),
        ("code.deep_nesting", True),
        ("code.god_classes", True),
    ]
    assert [finding.either_side for finding in project.strengths] == [False, True]
    assert [finding.either_side for finding in project.missing] == [False, True]
    report = report_of([_observed(answers)], CATALOGUE, AS_OF)
    assert " ".join(_printed(text_of(report)).split()).count("may be on either side of the limit") == 4
    (said,) = report_as_dict(report)["projects"]
    assert [finding["may_be_on_either_side"] for finding in said["anti_patterns"]] == [False, False, True, True]


def test_one_of_a_thing_is_in_the_singular() -> None:
    answer = Answer(True, {"source files that are kept twice": 1, "source files": 30})
    assert number_of(_measure("code.duplicate_files"), answer, counts_share=False).arithmetic.startswith(
        "1 source file that is kept twice; 30 source files"
    )
    assert number_of(_measure("team.change_lead_time"), Answer(1.0)).words == "1 day"
    lone = Observed(Path("/r"), {}, commits=1, months=1, answers=_observed({}).answers)
    assert "1 commit in 1 month, no source files" in _printed(text_of(report_of([lone, lone], CATALOGUE, AS_OF)))
    for things, one in (
        ("commits that also change a test", "commit that also changes a test"),
        ("folders that lie deeper than 100 levels", "folder that lies deeper than 100 levels"),
        ("superseded within 90 days", "superseded within 90 days"),
        ("failed_deployments in outcomes.toml", "failed_deployments in outcomes.toml"),
        ("people who leave", "person who leaves"),
        ("commits that change several modules", "commit that changes several modules"),
        ("stories a week", "story a week"),
        ("branches", "branch"),
        ("releases", "release"),
        ("its authors", "its author"),
        ("coefficient of variation of the intervals", "coefficient of variation of the intervals"),
        ("Gini's coefficient", "Gini's coefficient"),
        ("lines of code", "line of code"),
    ):
        assert one_of(things) == one


def test_a_share_of_nothing_is_no_strength_that_is_missing() -> None:
    nothing = {"annotated functions": 0, "Python functions": 0}
    assert _project({"code.type_annotations": Answer(False, nothing)}).missing == ()
    few = _project({"code.type_annotations": Answer(False, nothing | {"Python functions": 9})}).missing
    assert [finding.words for finding in few] == ["Most Python functions are fully annotated with types"]


def test_what_was_found_is_said_once() -> None:
    overdue = number_of(_measure("timeline.release_overdue"), Answer(1.0, {"days since": 80, "median days": 10}))
    assert (overdue.words, found_words(overdue)) == ("yes", "80 days since; 10 median days")
    share = number_of(_measure("code.god_classes"), Answer(0.06, {"god classes": 3, "classes": 50}))
    assert found_words(share) == "3 god classes of 50 classes = 6\N{NO-BREAK SPACE}%"
    rate = number_of(_measure("decisions.dependency_flip_flops"), Answer(20.0, {"packages that came back": 2}))
    assert found_words(rate) == f"{rate.words} (2 packages that came back)"
    assert found_words(number_of(_measure("code.god_classes"), Answer(0.06))) == "6\N{NO-BREAK SPACE}% of classes"


def test_differences_and_ratios_are_said_in_points_and_times() -> None:
    because = {"share of commits that correct, before": 0.321, "months before": 12}
    difference = number_of(_measure("tools.linter_corrective_difference"), Answer(-0.114, because))
    assert difference.words == "-11.4 points"
    assert difference.arithmetic == "32\N{NO-BREAK SPACE}% of commits that correct, before; 12 months before"
    ratio = number_of(_measure("tools.ci_lead_ratio"), Answer(-1.0))
    assert ratio.words == "0.5 times (binary logarithm: -1)"


def test_only_anti_patterns_of_several_projects_are_held_to_a_limit() -> None:
    answers = {"workflow.ci": Answer(True), "code.bare_except": Answer(True, {"bare excepts": 3})}
    text = _printed(text_of(report_of([_observed(answers, "one"), _observed(answers, "two")], CATALOGUE, AS_OF)))
    assert text.count("times the limit, at most") == 1


def test_strengths_are_there_missing_or_not_told() -> None:
    project = _project({"workflow.ci": Answer(True), "workflow.linter": Answer(False), "code.tests": Answer(None)})
    assert [finding.words for finding in project.strengths] == ["Continuous integration is configured"]
    assert [finding.words for finding in project.missing] == ["A linter or formatter is configured"]


def _measure(name: str) -> Measure:
    return CATALOGUE[name]


def test_a_share_has_an_interval_only_if_its_numbers_make_it() -> None:
    share = number_of(_measure("team.revert_share"), Answer(0.02, {"reverts": 4, "commits": 200}))
    assert share.share == (4, 200)
    assert share.interval == share_interval(4, 200)
    assert share.words == "2\N{NO-BREAK SPACE}% of commits"
    assert share.arithmetic == "4 reverts of 200 commits = 2\N{NO-BREAK SPACE}%"
    clipped = number_of(_measure("team.revert_share"), Answer(0.05, {"reverts": 40, "commits": 200}))
    assert clipped.share == (40, 200)
    other = number_of(_measure("team.revert_share"), Answer(0.04, {"reverts": 4, "commits": 200}))
    assert (other.share, other.interval) == (None, None)
    assert number_of(_measure("team.revert_share"), Answer(None, {"reverts": 0, "commits": 0})).interval is None


def test_intervals_have_the_digits_that_tell_their_ends_apart() -> None:
    for part, whole, words in ((4, 20, "6 to 44"), (200, 9000, "1.9 to 2.5"), (100_000, 5_000_000, "1.99 to 2.01")):
        number = number_of(_measure("process.ignored_failures"), Answer(part / whole, {"part": part, "whole": whole}))
        assert number.interval_words == f"{words}\N{NO-BREAK SPACE}%"


def test_lines_of_code_are_no_cases() -> None:
    number = number_of(_measure("code.large_files"), Answer(0.25, {"in large files": 250, "lines of code": 1000}))
    assert (number.share, number.interval) == ((250, 1000), None)


def test_medians_bring_their_interval_and_rates_are_days_of_a_year() -> None:
    lead = number_of(_measure("team.change_lead_time"), Answer(6.5, {"commits": 40}, interval=Interval(5, 9, ORDER)))
    assert (lead.interval, lead.interval_words, lead.falls) == ((5, 9), "5 to 9", "1 to 7")
    assert lead.arithmetic == "40 commits"
    rate = number_of(_measure("team.deployment_frequency"), Answer(12.0))
    assert rate.interval == pytest.approx(tuple(365 * end for end in share_interval(12, 365)))


def test_intervals_of_means_lie_within_the_bounds_and_read_as_their_values_do() -> None:
    points = _measure("tools.linter_corrective_difference")
    interval = Interval(-0.02, 0.4, "Newcombe")
    number = number_of(points, Answer(0.19, {"before": 0.1, "after": 0.29}, interval=interval))
    assert (number.words, number.interval) == ("+19.0 points", (-0.02, 0.3))
    assert (number.interval_words, number.interval_method) == ("-2.0 to +30.0 points", "Newcombe")
    times = _measure("tools.agent_pace_ratio")
    number = number_of(times, Answer(1.0, {"before": 10, "after": 20}, interval=Interval(0, math.inf, "months")))
    assert (number.interval, number.interval_words) == ((0, 2), "1 to 4 times")


def test_what_has_an_interval_of_its_own_is_no_share_by_chance() -> None:
    answer = Answer(1.0, {"commits": 7, "months": 7}, interval=Interval(0.5, 1.5, "Student's t"))
    assert number_of(_measure("team.pace"), answer).share is None


def test_a_value_on_an_edge_falls_in_the_bin_above() -> None:
    measure = _measure("team.change_lead_time")
    for value, label in ((0.0, "below 1"), (1.0, "1 to 7"), (90.0, "90 or more")):
        assert number_of(measure, Answer(value)).falls == label


def test_standards_name_measures_of_the_catalogue_and_hold_where_their_definition_does() -> None:
    standards = load_standards()
    named = [*standards.strengths, *standards.anti_patterns, *standards.deliveries]
    assert set(named) <= set(CATALOGUE.measures)
    assert not set(standards.strengths) & set(standards.anti_patterns)
    for name, standard in [*standards.strengths.items(), *standards.anti_patterns.items()]:
        # A mean over 1 and 0 answers yes or no, but for projects without a case.
        yes_no = CATALOGUE[name].kind == "yes-no" or CATALOGUE[name].quantity == "share of projects"
        assert (standard.when in {"yes", "no"}) == yes_no, name
        assert yes_no or standard.limit is not None, name


def test_every_practice_among_the_anti_patterns_is_judged() -> None:
    standards = load_standards()
    practices = {
        measure.id
        for measure in CATALOGUE.measures.values()
        if measure.group == "anti_pattern_detection" and measure.kind == "yes-no" and measure.role == "practice"
    }
    assert practices <= set(standards.anti_patterns)
    assert len(practices) > 15


def test_teams_share_what_several_of_their_projects_have() -> None:
    ci, bare = {"workflow.ci": Answer(True)}, {"code.bare_except": Answer(True, {"bare excepts": 3})}
    worse = {"code.bare_except": Answer(True, {"bare excepts": 9})}
    observed = [
        _observed(ci | bare, "one", "blue"),
        _observed(ci | worse, "two", "blue"),
        _observed(ci, "three", "blue"),
        _observed(bare, "four", "green"),
        Observed(Path("/repositories/five"), None, "it is empty"),
    ]
    report = report_of(observed, CATALOGUE, AS_OF)
    assert [(team.name, team.projects) for team in report.teams] == [
        ("blue", ("one", "two", "three")),
        ("green", ("four",)),
    ]
    (bad,) = report.teams[0].anti_patterns
    assert (bad.projects, bad.of, bad.worst) == (("one", "two"), 3, 9)
    assert report.teams[1].anti_patterns == ()
    assert [(item.path, item.reason) for item in report.unread] == [("/repositories/five", "it is empty")]


def test_projects_of_one_name_are_told_apart() -> None:
    observed = [_observed({}, "a/repo"), _observed({}, "b/repo"), _observed({}, "c")]
    assert [project.name for project in report_of(observed, CATALOGUE, AS_OF).projects] == ["a/repo", "b/repo", "c"]


def test_only_the_measures_of_the_domains_asked_for_are_there() -> None:
    report = report_of([_observed({"workflow.ci": Answer(True)})], CATALOGUE, AS_OF, ["workflow_patterns"])
    assert {number.measure.domain for number in report.projects[0].numbers} == {"workflow_patterns"}
    assert report.projects[0].strengths


def test_hostile_names_act_on_no_terminal_and_are_no_markup() -> None:
    answers = {"code.bare_except": Answer(True, {"bare\x1b[2J [red]excepts": 3}, (Place(HOSTILE, 7),))}
    observed = [_observed(answers, "na\x1b]0;me\u202e[blink]", "te\x07am[/bold]")]
    report = report_of(observed, CATALOGUE, AS_OF)
    text = _printed(text_of(report, every_measure=True))
    text += _printed(explanation_text(_measure("code.bare_except"), observed))
    text += json.dumps(report_as_dict(report), ensure_ascii=False)
    text += json.dumps(explanation_as_dict(_measure("code.bare_except"), observed), ensure_ascii=False)
    assert not {"\x1b", "\u202e", "\x07"} & set(text)
    for kept in ("[blink]", "[/bold]", "[red]", "[bold]"):
        assert kept in text


def test_the_text_says_whose_it_is_and_every_number_with_its_arithmetic() -> None:
    answers = {"team.revert_share": Answer(0.02, {"reverts": 4, "commits": 200})}
    text = _printed(text_of(report_of([_observed(answers)], CATALOGUE, AS_OF), every_measure=True))
    assert YOURS in " ".join(text.split())
    assert "4 reverts of 200 commits = 2 %" in " ".join(text.split())
    assert set(map(str, CATALOGUE.measures)) <= set(text.split())


def test_an_explanation_says_what_was_asked_and_how_it_came_about() -> None:
    measure = _measure("team.change_lead_time")
    answer = Answer(6.5, {"commits": 40}, (Place(b"a.py", 3),), Interval(5, 9, ORDER))
    said = explanation_as_dict(measure, [_observed({measure.id: answer})])
    assert said["measure"]["definition"] == measure.definition
    assert said["measure"]["bins"] == list(measure.bin_labels)
    (project,) = said["projects"]
    assert (project["value"], project["low"], project["high"], project["bin"]) == (6.5, 5, 9, "1 to 7")
    assert (project["because"], project["places"]) == ({"commits": 40}, ["a.py:3"])
    text = " ".join(_printed(explanation_text(measure, [_observed({measure.id: answer})])).split())
    for words in (
        measure.question,
        measure.source,
        "6.5 days",
        "5 to 9 (order statistics)",
        "1 to 7 (days)",
        "40: commits",
        "a.py:3",
    ):
        assert " ".join(words.split()) in text


def test_the_plain_report_is_json_with_nothing_lost() -> None:
    answers: dict[str, Answer] = {"workflow.ci": Answer(True), "code.bare_except": Answer(True, {"bare excepts": 2})}
    said = json.loads(json.dumps(report_as_dict(report_of([_observed(answers)], CATALOGUE, AS_OF))))
    (project,) = said["projects"]
    assert {measure["id"] for measure in project["measures"]} == set(CATALOGUE.measures)
    (bare,) = project["anti_patterns"]
    assert (bare["times_the_limit"], bare["value"], bare["arithmetic"]) == (2, True, "2 bare excepts")
    assert said["mark"] == YOURS


def test_a_finding_is_plain_json_with_its_value_and_interval() -> None:
    answers = {
        "code.long_functions": Answer(True, {"long functions": 200, "functions": 1000}),
        "workflow.small_commits": Answer(True, {"small commits": 90, "human commits": 100}),
        "workflow.conventional_commits": Answer(False, {"conventional commits": 1, "human commits": 100}),
    }
    (project,) = report_as_dict(report_of([_observed(answers)], CATALOGUE, AS_OF))["projects"]
    (long,) = project["anti_patterns"]
    assert (long["value"], long["arithmetic"]) == (True, "200 long functions of 1,000 functions = 20 %")
    assert 0.17 < long["low"] < 0.2 < long["high"] < 0.23
    assert (long["limit"], long["interval_of"]) == ("5 % of functions", "share")
    (small,), (conventional,) = project["strengths"], project["missing"]
    assert (small["value"], small["arithmetic"]) == (True, "90 small commits of 100 human commits = 90 %")
    assert (conventional["value"], conventional["high"] < 0.06) == (False, True)
    assert "\N{NO-BREAK SPACE}" not in json.dumps(project, ensure_ascii=False)


def test_it_is_said_when_the_last_year_ends_and_how_long_a_project_has_been_silent() -> None:
    def seen(days: int) -> Observed:
        return replace(_observed({}), newest=AS_OF - days * 86_400, silent_days=days)

    measure = _measure("team.pace")
    for days, silence in ((0, ""), (60, ""), (61, "silent for 61 days")):
        observed = seen(days)
        report = report_of([observed], CATALOGUE, AS_OF)
        day = str(np.datetime64(AS_OF - days * 86_400, "s").astype("datetime64[D]"))
        texts = (_printed(text_of(report)), html_of(report), _printed(explanation_text(measure, [observed])))
        for text in texts:
            assert f"he last year ends with the newest human commit, {day}" in text
            assert ("silent for 6" in text) is bool(silence) and silence in text
        (said,) = report_as_dict(report)["projects"]
        (told,) = explanation_as_dict(measure, [observed])["projects"]
        assert (said["newest_human_commit"], said["silent_days"]) == (day, days)
        assert (told["newest_human_commit"], told["silent_days"]) == (day, days)
    (never,) = report_as_dict(report_of([_observed({})], CATALOGUE, AS_OF))["projects"]
    assert (never["newest_human_commit"], never["silent_days"]) == (None, None)


def test_whether_a_release_is_overdue_may_be_on_either_side() -> None:
    days = {"days since the last": 80, "median days between": 30}
    (finding,) = _project(
        {"timeline.release_overdue": Answer(1.0, days, interval=Interval(1.5, 4, ORDER))}
    ).anti_patterns
    assert (finding.number.interval_words, finding.either_side) == ("1.5 to 4 times", True)
    answers = {"timeline.release_overdue": Answer(1.0, days, interval=Interval(2.1, 4, ORDER))}
    (finding,) = _project(answers).anti_patterns
    assert finding.either_side is False
    (project,) = report_as_dict(report_of([_observed(answers)], CATALOGUE, AS_OF))["projects"]
    (said,) = project["anti_patterns"]
    assert [said[name] for name in ("value", "low", "high", "interval_of")] == [1.0, 2.1, 4, "ratio"]


def test_a_catalogue_without_a_measure_is_no_error() -> None:
    fewer = Catalogue({MeasureId("workflow.ci"): CATALOGUE["workflow.ci"]}, "")
    (project,) = report_of([_observed({"workflow.ci": Answer(True)})], fewer, AS_OF).projects
    assert (len(project.numbers), project.deliveries) == (1, ())


def test_a_mean_or_count_that_happens_to_be_the_ratio_of_two_counts_is_no_share() -> None:
    for name in ("collaboration.time_zones", "architecture.dependencies_per_module", "decisions.rewrites"):
        number = number_of(_measure(name), Answer(1.0, {"some": 1, "others": 1}))
        assert (number.share, number.interval) == (None, None), name
    share = number_of(_measure("tools.agent_share"), Answer(0.5, {"some": 1, "others": 2}))
    assert share.share == (1, 2)
    assert share.interval is not None
