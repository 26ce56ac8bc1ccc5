"""The forecast of a round's intervals is what generated federations then see, within 15 %, or says that nothing is."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from dataclasses import replace

import numpy as np
import pytest

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan
from fedlore.contribute.encode import encode
from fedlore.demo.population import draw_projects, draw_truth
from fedlore.learn.expected import RELEASED, Setting, forecasts, ratios, released_shares
from fedlore.learn.say import statements
from fedlore.learn.sums import Sums
from fedlore.privacy.planner import NothingToSay, Planned, plan_round
from fedlore.privacy.questions import Request
from fedlore.privacy.remedies import Remedy
from fedlore.privacy.weighing import weights_for
from tests.learn.making import CATALOGUE as SMALL
from tests.learn.making import HONEST, MEMBERS, measure, noise, noised, only, said

PRACTICES = tuple(f"code.p{index}" for index in range(5))
OUTCOMES = tuple(f"success.o{index}" for index in range(4))
CATALOGUE = Catalogue(
    {
        MeasureId(name): measure(name, role=role)
        for role, names in (("practice", PRACTICES), ("outcome", OUTCOMES))
        for name in names
    },
    "digest",
)


def planned(projects: int, epsilon: float, **changes: object) -> Planned:
    request = Request(
        round_id="round",
        federation_id="federation",
        learning_type="code_patterns",
        as_of=0,
        epsilon_micro=round(epsilon * 1e6),
        delta_e15=10**10,
        members=MEMBERS,
        projects=projects,
        least_honest=HONEST,
        min_cohort=5,
        **changes,
    )
    return plan_round(request, CATALOGUE)


def release(plan: Plan, projects: int, rng: np.random.Generator) -> Sums:
    """A federation with planted associations, drawn and added up."""
    truth = draw_truth(rng, PRACTICES, OUTCOMES, planted=4)
    rows = draw_projects(truth, projects, rng)[:, [(*PRACTICES, *OUTCOMES).index(name) for name in plan.shares]]
    exact = encode(plan, CATALOGUE, [dict(zip(plan.shares, row, strict=True)) for row in rows.tolist()])
    return Sums.from_release(plan, exact + noise(plan, exact.shape, rng), MEMBERS)


@pytest.mark.parametrize(("projects", "epsilon"), [(10, 4), (10, 8), (100, 1), (100, 4), (1000, 1), (1000, 4)])
def test_shares_are_as_wide_as_forecast(projects: int, epsilon: float) -> None:
    plan = planned(projects, epsilon).plan
    expected = forecasts(Setting(plan, CATALOGUE, MEMBERS, projects, {}))
    rng = np.random.default_rng([projects, round(epsilon)])
    seen = [ratios(expected, statements(release(plan, projects, rng), CATALOGUE))["share"] for _ in range(60)]
    assert np.median(seen) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(("projects", "epsilon"), [(400, 1), (400, 4), (1000, 1), (1200, 2)])
def test_the_median_odds_ratio_is_as_uncertain_as_forecast(projects: int, epsilon: float) -> None:
    plan = planned(projects, epsilon).plan
    assert len(plan.pairs) == 20
    expected = forecasts(Setting(plan, CATALOGUE, MEMBERS, projects, {}))
    rng = np.random.default_rng([projects, round(epsilon)])
    seen = [ratios(expected, statements(release(plan, projects, rng), CATALOGUE))["odds ratio"] for _ in range(25)]
    assert np.median(seen) == pytest.approx(1.0, abs=0.15)


def test_below_that_the_planner_says_that_nothing_can_be_said_and_what_would_help() -> None:
    found = planned(100, 1)
    assert found.plan.pairs == ()
    (reason,) = {item.reason for item in found.dropped if "~" in item.id}
    wanted = r"epsilon (\S+) would do and (\d+) projects would do for one pair, a plan of (\d+) pairs"
    helps = re.search(wanted, reason)
    assert helps is not None
    epsilon, projects, pairs = (float(number) for number in helps.groups())
    assert found.remedy == Remedy(epsilon, int(projects), int(pairs))
    assert planned(100, epsilon).plan.pairs
    assert planned(int(projects), 1).plan.pairs
    assert not planned(int(projects) - 1, 1).plan.pairs
    fewer = tuple(MeasureId(name) for name in (PRACTICES[0], *OUTCOMES[: int(pairs)]))
    assert len(planned(100, 1, measures=fewer).plan.pairs) == pairs > 1


def test_a_round_that_says_nothing_is_refused_with_what_would_help_unless_it_is_forced() -> None:
    with pytest.raises(NothingToSay, match="smaller plan") as refused:
        planned(10, 0.1)
    found = re.search(r"epsilon (\S+) would do and (\d+) projects would do", str(refused.value))
    assert found is not None
    epsilon, projects = float(found.group(1)), int(found.group(2))
    assert refused.value.remedy == Remedy(epsilon, projects)
    assert planned(10, epsilon).plan.shares
    assert planned(projects, 0.1).plan.shares
    for least in ((10, epsilon - 0.01), (projects - 1, 0.1)):
        with pytest.raises(NothingToSay):
            planned(*least)
    assert len(planned(10, 0.1, force=True).plan.shares) == 1


@pytest.mark.parametrize(("projects", "pairs"), [(40, 1), (100, 1), (400, 20)])
def test_a_pair_is_asked_up_to_where_its_median_interval_is_a_factor_of_four(projects: int, pairs: int) -> None:
    measures = tuple(MeasureId(name) for name in ((PRACTICES[0], OUTCOMES[0]) if pairs == 1 else CATALOGUE.measures))

    def asks_all(cents: int) -> bool:
        return len(planned(projects, cents / 100, measures=measures).plan.pairs) == pairs

    least = bisect_left(range(1000), True, lo=20, key=asks_all)
    plan = planned(projects, least / 100, measures=measures).plan
    widths = [one.total for one in forecasts(Setting(plan, CATALOGUE, MEMBERS, projects, {})) if "~" in one.id]
    assert max(widths) == pytest.approx(math.log(4), rel=0.1)


KNOWN = {MeasureId(name): share for name, share in zip((*PRACTICES, *OUTCOMES), np.linspace(0.1, 0.9, 9), strict=True)}


def test_released_shares_sharpen_the_forecast_and_the_split_of_the_noise() -> None:
    found = planned(400, 2, expected=KNOWN)
    assert found.plan.weights
    assert found.plan.weights == weights_for(found.plan, KNOWN)
    known = forecasts(Setting(found.plan, CATALOGUE, MEMBERS, 400, KNOWN))
    unknown = forecasts(Setting(found.plan, CATALOGUE, MEMBERS, 400, {}))
    assert {one.assumed for one in known} == {RELEASED}
    assert known[0].total < unknown[0].total
    rng = np.random.default_rng(4)
    rows = rng.random((60, 400, 9)) < np.array(list(KNOWN.values()))
    seen = []
    for row in rows:
        exact = encode(found.plan, CATALOGUE, [dict(zip(KNOWN, one, strict=True)) for one in row.tolist()])
        sums = Sums.from_release(found.plan, exact + noise(found.plan, exact.shape, rng), MEMBERS)
        seen.append(ratios(known, statements(sums, CATALOGUE))["share"])
    assert np.median(seen) == pytest.approx(1.0, abs=0.15)


def test_bins_means_and_members_are_as_wide_as_forecast() -> None:
    asked = only(histograms=(("code.size", 3),), means=("code.age",), members=("code.tests",), noise_scale=120.0)
    expected = forecasts(Setting(asked, SMALL, MEMBERS, 300, {}))
    rng = np.random.default_rng(2)
    seen: dict[str, list[float]] = {}
    for _ in range(60):
        sums = noised(asked, [300, *rng.multinomial(300, [1 / 3] * 3), 300, round(rng.normal(0, 5)), 6], rng)
        for kind, ratio in ratios(expected, statements(sums, SMALL)).items():
            seen.setdefault(kind, []).append(ratio)
    assert {kind: float(np.median(found)) for kind, found in seen.items()} == {
        kind: pytest.approx(1.0, abs=0.15) for kind in ("bin share", "mean", "members")
    }


def test_only_shares_that_say_something_are_expected_again() -> None:
    earlier = [
        said("code.a", "share", 0.3, 0.2, 0.4),
        said("code.a", "share", 0.4, 0.3, 0.5),
        said("code.b", "share", 0.5, 0.1, 0.9),
        said("code.a~code.b", "odds ratio", 2.0, 1.0, 4.0),
    ]
    assert released_shares(earlier) == {"code.a": 0.4}


def test_an_interval_without_a_bound_is_no_width() -> None:
    expected = forecasts(Setting(planned(400, 1).plan, CATALOGUE, MEMBERS, 20, {}))
    assert all(math.isinf(one.total) for one in expected if one.kind == "odds ratio")
    unbounded = said("code.p0", "share", 0.5, 0.2, 0.8)
    assert ratios(expected, [replace(unbounded, low=None)])["share"] == math.inf
