"""What differs after a practice began is shown in every form of the report, with its interval, and as no cause."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from fedlore.catalogue.load import load_catalogue
from fedlore.observe.around import Around, Series
from fedlore.observe.evidence import Answer
from fedlore.observe.project import Observed
from fedlore.observe.report.around import onsets_of
from fedlore.observe.report.build import report_of
from fedlore.observe.report.html import html_of
from fedlore.observe.report.model import Report
from fedlore.observe.report.plain import report_as_dict
from fedlore.observe.report.text import text_of
from fedlore.observe.report.words import change_words
from tests.observe.histories import BEGIN


def _around() -> Around:
    months = tuple(range(-4, 4))
    series = (
        Series("commits", "human commits a month", (10, 11, 12, 13, 31, 32, 33, 34)),
        Series("corrective_share", "share of commits that correct", (0.5, None, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5)),
        Series("lead_days", "days to a release", (None,) * 8),
    )
    return Around("ci", "the first configuration of continuous integration", BEGIN, months, series)


def test_what_differs_after_an_onset_is_told_with_its_interval() -> None:
    ((commits, corrective, lead),) = (onset.outcomes for onset in onsets_of([_around()]))
    assert (commits.before, commits.after, commits.change, commits.change_interval) == (11.5, 32.5, 21, (18, 24))
    assert (commits.differs, commits.largest) == (True, 34)
    assert change_words(commits) == "11.5 → 32.5 (+21; 95 %: +18 to +24)"
    # Three months before are too few for an interval, and none at all is nothing to tell.
    assert (corrective.before, corrective.change, corrective.differs) == (0.5, None, False)
    assert (lead.before, lead.after, lead.change) == (None, None, None)


def _reported() -> Report:
    answers = {measure: Answer(None) for measure in load_catalogue().measures}
    began = {"began:ci": ((BEGIN, 0.0),), "began:tests": ((BEGIN + 86_400, 1.0),)}
    late = replace(_around(), practice="tests", months=(0, 1), series=(Series("commits", "commits", (1, 2)),))
    observed = Observed(Path("/shop"), {}, commits=9, months=8, answers=answers, series=began, around=(_around(), late))
    return report_of([observed], load_catalogue(), BEGIN + 200 * 86_400)


def _printed(report: Report) -> str:
    out = io.StringIO()
    for part in text_of(report):
        Console(file=out, width=200, force_terminal=False).print(part)
    return out.getvalue()


def test_every_form_of_the_report_shows_the_months_around_an_onset_and_names_no_cause() -> None:
    report = _reported()
    text = " ".join(_printed(report).split())
    line = "2020-09-13 the first configuration of continuous integration: human commits a month 11.5 → 32.5 (+21; "
    assert line in text
    assert "an association, not a cause" in text
    page = html_of(report)
    assert page.count('<path class="before"') == page.count('<path class="bar"') == 2
    assert "an association, not a cause" in page
    assert "11.5 → 32.5" in page
    (project,) = json.loads(json.dumps(report_as_dict(report)))["projects"]
    first, late = project["around"]
    assert (first["practice"], first["months"]) == ("ci", list(range(-4, 4)))
    assert first["outcomes"][0]["values"] == [10, 11, 12, 13, 31, 32, 33, 34]
    assert [first["outcomes"][0][key] for key in ("change", "low", "high")] == [21, 18, 24]
    assert late["outcomes"][0]["values"] == [1, 2]


def test_what_is_gone_at_head_is_said_so() -> None:
    report = _reported()
    for text in (_printed(report), html_of(report)):
        assert text.count("no longer there at HEAD") == 1
        assert "the first configuration of continuous integration, no longer there at HEAD" in text
    (project,) = report_as_dict(report)["projects"]
    assert [event["there_at_head"] for event in project["began"]] == [False, True]
