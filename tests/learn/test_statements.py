"""What is said names what it estimates, and its sentences hold numbers and the catalogue's words only."""

from __future__ import annotations

import numpy as np
import pytest

from fedlore.catalogue.load import Catalogue
from fedlore.learn.say import statements
from fedlore.learn.statement import Statement
from fedlore.learn.sums import Sums
from fedlore.learn.words import sentence
from tests.learn.making import CATALOGUE, MEMBERS, measure, plan, said

EXACT = [400, 100, -350, 20, 200, -30, 100, 200, 50, 300, -35, 9]


@pytest.fixture(scope="module")
def released() -> dict[str, Statement]:
    lattice = 16 * np.array(EXACT, dtype=np.int64)
    return {one.id: one for one in statements(Sums.from_release(plan(), lattice, MEMBERS), CATALOGUE)}


def test_every_slot_is_said_in_the_order_of_the_plan(released: dict[str, Statement]) -> None:
    assert list(released) == [
        "code.tests",
        "code.types",
        "success.alive",
        "code.tests~success.alive",
        "code.types~success.alive",
        "code.size[0]",
        "code.size[1]",
        "code.size[2]",
        "code.age",
        "code.tests@members",
    ]


@pytest.mark.parametrize(
    ("name", "estimate"),
    [
        ("code.tests", 0.625),
        ("code.types", 0.0625),
        ("code.size[1]", 200 / 350),
        ("code.age", 4 * (1 - 35 / 350)),
        ("code.tests@members", 0.75),
    ],
)
def test_estimates_are_those_of_the_sums(released: dict[str, Statement], name: str, estimate: float) -> None:
    assert released[name].estimate == pytest.approx(estimate)


def test_what_a_round_has_in_common_stands_in_every_statement(released: dict[str, Statement]) -> None:
    for one in released.values():
        assert (one.epsilon, one.cohort, one.projects, one.round_id) == (1.0, MEMBERS, 400.0, "round-1")
        assert one.measures and one.question and one.estimand and one.confidence_means
        assert Statement.from_dict(one.as_dict()) == one


def test_an_association_is_tested_and_called_no_cause(released: dict[str, Statement]) -> None:
    found = released["code.tests~success.alive"]
    assert found.discovery and found.q_value is not None and found.q_value < 1e-6
    assert found.confidence > 0.99
    assert "not a cause" in found.estimand
    assert found.low is not None and found.high is not None and 1 < found.low < found.estimate < found.high
    chance = released["code.types~success.alive"]
    assert not chance.discovery and chance.low is None


def test_a_mean_says_that_its_interval_is_for_the_largest_spread(released: dict[str, Statement]) -> None:
    assert "largest spread" in released["code.age"].estimand


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            said("code.tests~success.alive", "odds ratio", 3.1, 1.8, 5.5, discovery=True),
            'Projects with yes to "Is there code.tests?" say yes to "Is there success.alive?" more often: odds 3.1 '
            "times (1.8 to 5.5); an association, not a cause.",
        ),
        (
            said("code.tests~success.alive", "odds ratio", 0.4, None, 0.7, discovery=True),
            'Projects with yes to "Is there code.tests?" say yes to "Is there success.alive?" less often: odds 0.4 '
            "times (at most 0.7); an association, not a cause.",
        ),
        (
            said("code.tests~success.alive", "odds ratio", 1.4, None, None),
            '"Is there code.tests?" and "Is there success.alive?": not told apart from chance, odds 1.4 times (the '
            "noise does not pin it down).",
        ),
        (
            said("code.tests", "share", 0.714, 0.64, 0.78),
            "Is there code.tests? Yes for 71 % of projects (64 to 78 %).",
        ),
        (
            said("code.tests@members", "members", 0.75, 0.6, 0.9, measures=("code.tests",)),
            "Is there code.tests? Yes for most projects at 75 % of the 6 members (60 to 90 %).",
        ),
        (
            said("code.size[1]", "bin share", 0.25, 0.2, 0.3, measures=("code.size",)),
            "Is there code.size? 1 to 10 files: 25 % of the projects that have a value (20 to 30 %).",
        ),
        (
            said("code.age", "mean", 3.519, 3.0, 4.04),
            "Is there code.age? On average 3.52 years (3 to 4.04).",
        ),
    ],
)
def test_sentences(statement: Statement, words: str) -> None:
    assert sentence(statement, CATALOGUE) == words


def test_the_mean_of_yes_and_no_is_said_as_a_share_of_the_projects_that_have_a_value() -> None:
    late = measure("timeline.late", "mean", "descriptor", bounds=(0.0, 1.0), quantity="share of projects")
    words = sentence(said(late.id, "mean", 0.304, 0.2, 0.41), Catalogue({late.id: late}, "digest"))
    assert words == "Is there timeline.late? Yes for a share of 0.3 (0.2 to 0.41) of the projects that have a value."
