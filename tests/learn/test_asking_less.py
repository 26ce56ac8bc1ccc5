"""A round asks nothing of which an earlier release says that nothing can be said, and says the rest more narrowly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan
from fedlore.contribute.encode import encode
from fedlore.learn.earlier import said_earlier
from fedlore.learn.expected import NEAREST, Setting, forecasts, ratios, released_shares
from fedlore.learn.say import statements
from fedlore.learn.statement import Statement
from fedlore.learn.sums import Sums
from fedlore.observe.evidence import Features
from fedlore.privacy.earlier import Earlier
from fedlore.privacy.forecast import Forecast
from fedlore.privacy.planner import Planned, plan_round
from fedlore.privacy.questions import Request
from tests.learn.making import HONEST, MEMBERS, measure, noise, said

USEFUL, NOBODYS, EVERYBODYS = ("code.u0", "code.u1", "code.u2"), tuple(f"code.n{i}" for i in range(12)), ("code.e0",)
PRACTICES = (*NOBODYS, *EVERYBODYS, *USEFUL)
Rounds = tuple[Planned, tuple[Forecast, ...], Planned, tuple[Forecast, ...]]
OUTCOMES = tuple(f"success.o{index}" for index in range(3))
CATALOGUE = Catalogue(
    {
        one.id: one
        for one in (
            *(measure(name) for name in PRACTICES),
            *(measure(name, role="outcome") for name in OUTCOMES),
            measure("code.absent", "histogram", "descriptor", bins=(1.0, 10.0)),
            measure("code.size", "histogram", "descriptor", bins=(1.0, 10.0)),
            measure("code.age", "mean", "descriptor", bounds=(0.0, 8.0)),
        )
    },
    "digest",
)


def planned(number: int, projects: int, epsilon: float, said: dict[str, object]) -> Planned:
    request = Request(
        *(f"round-{number}", "federation", "code_patterns", 0),
        epsilon_micro=round(epsilon * 1e6),
        delta_e15=10**10,
        members=MEMBERS,
        projects=projects,
        least_honest=HONEST,
        min_cohort=5,
        **said,
    )
    return plan_round(request, CATALOGUE)


def drawn(projects: int, rng: np.random.Generator) -> list[Features]:
    """Half of the projects have each useful practice and outcome; few have a value of one histogram."""
    shares = {
        **dict.fromkeys((*USEFUL, *OUTCOMES), 0.5),
        **dict.fromkeys(NOBODYS, 0.0),
        **dict.fromkeys(EVERYBODYS, 1.0),
    }
    made: list[Features] = []
    for _ in range(projects):
        one: dict[MeasureId, object] = {MeasureId(name): bool(rng.random() < share) for name, share in shares.items()}
        one |= {MeasureId("code.size"): 5.0, MeasureId("code.age"): 2.0}
        made.append(one if rng.random() < 0.99 else {**one, MeasureId("code.absent"): 5.0})
    return made


def released(plan: Plan, projects: list[Features], rng: np.random.Generator) -> tuple[Sums, tuple[Statement, ...]]:
    exact = encode(plan, CATALOGUE, projects)
    sums = Sums.from_release(plan, exact + noise(plan, exact.shape, rng), MEMBERS)
    return sums, statements(sums, CATALOGUE)


@pytest.fixture(scope="module")
def two_rounds() -> Rounds:
    """The plans and forecasts of a federation's first and second round of the same question and price."""
    rng = np.random.default_rng(7)
    projects = drawn(400, rng)
    first = planned(1, 400, 2, {})
    sums, found = released(first.plan, projects, rng)
    shares, earlier = released_shares(found), said_earlier(sums, found)
    second = planned(2, 400, 2, {"expected": shares, "earlier": earlier})
    return (
        first,
        forecasts(Setting(first.plan, CATALOGUE, MEMBERS, 400, shares)),
        second,
        forecasts(Setting(second.plan, CATALOGUE, MEMBERS, 400, shares, earlier)),
    )


def test_nothing_is_asked_of_which_nothing_can_be_said(two_rounds: Rounds) -> None:
    first, at_first, second, at_second = two_rounds
    useful = {(practice, outcome) for practice in USEFUL for outcome in OUTCOMES}
    assert len(first.plan.pairs) == len(PRACTICES) * len(OUTCOMES)
    assert sum(math.isinf(one.total) for one in at_first) == len(first.plan.pairs) - len(useful)
    assert set(second.plan.pairs) == useful
    assert second.plan.shares == first.plan.shares
    assert all(math.isfinite(one.total) for one in at_second)


def test_what_can_be_said_is_said_more_narrowly(two_rounds: Rounds) -> None:
    _, at_first, _, at_second = two_rounds
    before = {one.id: one.total for one in at_first}
    pairs = [one.total / before[one.id] for one in at_second if one.kind == "odds ratio"]
    assert len(pairs) == 9
    assert max(pairs) < 0.85


def test_what_is_left_out_says_why_and_by_which_round(two_rounds: Rounds) -> None:
    reasons = {item.id: item.reason for item in two_rounds[2].dropped}
    by = "by the release of round round-1 (--measure asks what it names all the same)"
    assert {reasons[f"{name}~{OUTCOMES[0]}"] for name in NOBODYS} == {f"too few projects have the practice, {by}"}
    assert reasons[f"{EVERYBODYS[0]}~{OUTCOMES[1]}"] == f"too few projects lack the practice, {by}"
    assert reasons["code.absent"] == f"too few projects have a value, {by}"
    assert two_rounds[2].plan.histograms == (("code.size", 3),)
    assert two_rounds[2].plan.means == ("code.age",)


def test_the_noise_of_the_release_gets_the_benefit_of_the_doubt() -> None:
    rare, outcome = MeasureId(NOBODYS[0]), MeasureId(OUTCOMES[0])

    def asks(high: float) -> Planned:
        return planned(2, 400, 2, {"earlier": {rare: Earlier(0.0, 0.0, high, "round-1")}})

    assert (rare, outcome) not in asks(0.05).plan.pairs
    found = asks(0.3)
    assert found.plan.pairs[-3:] == tuple((rare, MeasureId(name)) for name in OUTCOMES)
    setting = Setting(found.plan, CATALOGUE, MEMBERS, 400, {rare: 0.0}, {rare: Earlier(0.0, 0.0, 0.3, "round-1")})
    *_, doubtful = (one for one in forecasts(setting) if one.kind == "odds ratio")
    assert doubtful.assumed == NEAREST
    assert math.isfinite(doubtful.total)
    assert ratios([doubtful], [said(doubtful.id, "odds ratio", 1.0, 0.1, 10.0)]) == {}


def test_doubtful_pairs_wait_for_what_is_likely_to_say_something() -> None:
    earlier = {MeasureId(name): Earlier(0.02, 0.0, 0.2, "round-1") for name in NOBODYS}
    asked = planned(2, 240, 2.5, {"earlier": earlier})
    assert set(asked.plan.pairs) > {(practice, outcome) for practice in (*USEFUL, *EVERYBODYS) for outcome in OUTCOMES}
    assert len(asked.plan.pairs) < 48
    assert (len(asked.plan.histograms), len(asked.plan.means)) == (2, 1)
    (reason,) = {item.reason for item in asked.dropped}
    assert reason.startswith("too few projects have the practice, by the release of round round-1")


def test_without_an_earlier_release_the_order_is_the_catalogues() -> None:
    first = planned(1, 120, 2, {})
    wanted = [(practice, outcome) for practice in PRACTICES for outcome in OUTCOMES]
    assert list(first.plan.pairs) == wanted[: len(first.plan.pairs)]


def test_a_release_says_how_many_projects_have_a_value(two_rounds: Rounds) -> None:
    rng = np.random.default_rng(3)
    plan, projects = two_rounds[0].plan, drawn(400, rng)
    known = said_earlier(*released(plan, projects, rng))
    assert known[MeasureId("code.absent")].high < 0.3
    assert known[MeasureId("code.size")].high > 0.95 < known[MeasureId("code.age")].high
    assert known[MeasureId(USEFUL[0])].low < 0.5 < known[MeasureId(USEFUL[0])].high
    assert {one.round_id for one in known.values()} == {"round-1"}
    wide = said("code.u0", "share", 0.5, 0.2, 0.8)
    sums, _ = released(plan, projects, rng)
    assert MeasureId("code.u0") not in said_earlier(sums, [wide])
