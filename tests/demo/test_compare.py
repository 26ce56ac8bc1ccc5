"""Counts of what was found, missed and made up, on statements made by hand; and how they are shown."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from fedlore.demo.compare import PairResult, bits_agree, compare
from fedlore.demo.population import OUTCOMES, PRACTICES, Truth, draw_truth
from fedlore.demo.report import print_report, summary
from fedlore.learn.statement import Statement, StatementKind

TRUTH = Truth(
    ("a.ci", "a.tests", "a.lint"),
    ("o.alive", "o.calm"),
    {("a.ci", "o.alive"): 0.25, ("a.tests", "o.alive"): -0.25, ("a.lint", "o.calm"): 0.4, ("a.ci", "o.calm"): 0.3},
)
"""Odds ratios 2.78, .36, 5.44 and 3.45; the pairs tests~calm and lint~alive have no effect."""


def said(
    pair: str,
    estimate: float,
    low: float | None,
    high: float | None,
    discovery: bool,
    kind: StatementKind = "odds ratio",
) -> Statement:
    return Statement(
        pair, kind, estimate, low, high, 1.0, 12, 1199.4, "projects", "?", 0.9, "share", discovery=discovery
    )


STATEMENTS = [
    said("a.ci~o.alive", 2.5, 1.5, 4.0, True),  # found
    said("a.tests~o.alive", 1.6, 0.5, None, True),  # the wrong direction, and not covered
    said("a.lint~o.calm", 1.8, 0.9, 3.5, False),  # missed, not covered
    said("a.tests~o.calm", 1.9, 1.2, 3.0, True),  # made up
    said("a.lint~o.alive", 1.1, None, 2.0, False),  # stayed null, open below
    said("a.ci", 0.5, 0.4, 0.6, True, "share"),
    said("a.ci~o.unknown", 9.0, 8.0, 10.0, True),
]


def ids(pairs: tuple[PairResult, ...]) -> list[str]:
    return [f"{pair.practice}~{pair.outcome}" for pair in pairs]


def test_counts_on_statements_made_by_hand() -> None:
    comparison = compare(TRUTH, STATEMENTS)
    assert len(comparison.pairs) == 6
    assert ids(comparison.planted) == ["a.lint~o.calm", "a.ci~o.calm", "a.ci~o.alive", "a.tests~o.alive"]
    assert ids(comparison.found) == ["a.ci~o.alive"]
    assert ids(comparison.reversed) == ["a.tests~o.alive"]
    assert ids(comparison.missed) == ["a.lint~o.calm"]
    assert ids(comparison.not_asked) == ["a.ci~o.calm"]
    assert ids(comparison.false_discoveries) == ["a.tests~o.calm"]
    assert ids(comparison.stayed_null) == ["a.lint~o.alive"]
    assert sorted(ids(comparison.covered)) == ["a.ci~o.alive", "a.lint~o.alive"]
    assert sorted(ids(comparison.unbounded)) == ["a.lint~o.alive", "a.tests~o.alive"]
    assert len(comparison.asked) == 5


def test_an_open_side_holds_all_that_lies_there() -> None:
    comparison = compare(
        TRUTH, [said("a.lint~o.calm", 9.0, 5.0, None, True), said("a.ci~o.calm", 9.0, 4.0, None, True)]
    )
    assert ids(comparison.covered) == ["a.lint~o.calm"]


def test_the_later_of_two_statements_counts() -> None:
    pair = "a.ci~o.alive"
    comparison = compare(TRUTH, [said(pair, 2.5, 1.5, 4.0, True), said(pair, 1.2, 0.8, 1.7, False)])
    assert ids(comparison.missed) == [pair]
    assert comparison.found == ()


def test_nothing_said_is_nothing_found() -> None:
    comparison = compare(TRUTH, [])
    assert len(comparison.not_asked) == 4
    assert comparison.found == comparison.stayed_null == comparison.covered == ()
    assert summary(comparison) == [
        "0 of 4 planted effects found, in the right direction, 4 not asked about.",
        "2 pairs have no effect: 0 were asked about, 0 stayed null, 0 false discoveries.",
    ]


def test_summary_says_the_counts() -> None:
    assert summary(compare(TRUTH, STATEMENTS)) == [
        "1 of 4 planted effects found, in the right direction, 1 in the wrong direction, 1 missed, 1 not asked about.",
        "2 pairs have no effect: 2 were asked about, 1 stayed null, 1 false discovery.",
        "2 of 5 intervals hold the truth (40%; meant: 95%), 1 of 3 planted ones; open on a side: 2.",
    ]


def test_agreement_of_bits_is_a_share() -> None:
    bits = np.array([[True, False], [True, True]])
    assert bits_agree(bits, bits) == 1.0
    assert bits_agree(bits, np.array([[True, True], [True, True]])) == 0.75
    with pytest.raises(ValueError, match="shapes"):
        bits_agree(bits, bits[:1])


def shown(truth: Truth, statements: list[Statement], commands: list[str]) -> str:
    output = StringIO()
    print_report(Console(file=output, width=100), compare(truth, statements), commands)
    return output.getvalue()


def test_the_report_fits_and_shows_planted_pairs_first_then_what_was_made_up() -> None:
    truth = draw_truth(np.random.default_rng(3))
    statements = []
    for practice in PRACTICES:
        for outcome in OUTCOMES:
            ratio = truth.odds_ratio(practice, outcome)
            statements.append(said(f"{practice}~{outcome}", ratio * 1.1, ratio / 2, ratio * 2, ratio != 1.0))
    false = next(
        place for place, statement in enumerate(statements) if tuple(statement.id.split("~")) not in truth.planted
    )
    statements[false] = said(statements[false].id, 1.9, 1.2, 3.0, True)
    text = shown(truth, statements, ["fedlore learn patterns --cross-project"])
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    found = [number for number, line in enumerate(lines) if line.rstrip().endswith(" found")]
    made_up = [number for number, line in enumerate(lines) if line.rstrip().endswith("false discovery")]
    assert len(found) == 9
    assert len(made_up) == 1
    assert max(found) < made_up[0]
    assert "9 of 9 planted effects found" in text
    assert "51 pairs have no effect: 51 were asked about, 50 stayed null, 1 false discovery." in text
    assert lines[-1] == "  fedlore learn patterns --cross-project"


def test_the_report_says_what_is_open_missed_and_not_asked() -> None:
    text = shown(TRUTH, STATEMENTS, [])
    assert "0.50 to open" in text
    for verdict in ("found", "missed", "wrong direction", "not asked", "false discovery"):
        assert sum(line.rstrip().endswith(f" {verdict}") for line in text.splitlines()) == 1
    assert "Try it" not in text
