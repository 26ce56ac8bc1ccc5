"""Questions are kept in order, what is left out is named with its reason, and a bisection says what would help."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import Measure, MeasureId
from fedlore.catalogue.plan import Mechanism, PlanError
from fedlore.privacy.bisection import largest
from fedlore.privacy.planner import NothingToSay, Planned, noise_sds, plan_round, priced
from fedlore.privacy.questions import Questions, Request, candidates, draft, noise_sd, useful
from fedlore.privacy.remedies import Remedy, for_one_pair
from fedlore.privacy.weighing import weights_for

SHAPES: dict[str, dict[str, object]] = {
    "yes-no": {},
    "histogram": {"bins": (1.0, 2.0)},
    "mean": {"bounds": (0.0, 8.0)},
}


def measure(name: str, kind: str = "yes-no", role: str = "practice", domain: str = "code_patterns") -> Measure:
    words = (domain, "pattern_aggregation", "Is it?", "project", kind, role, "d", "s")
    return Measure(MeasureId(name), *words, **SHAPES[kind])  # type: ignore[arg-type]


CATALOGUE = Catalogue(
    {
        one.id: one
        for one in (
            *(measure(f"p{index}") for index in range(3)),
            measure("d", role="descriptor"),
            measure("inside", role="outcome"),
            measure("size", "histogram", "descriptor"),
            measure("age", "mean", "descriptor"),
            measure("length", "mean", "descriptor"),
            measure("outside", role="outcome", domain="project_success_factors"),
        )
    },
    "digest",
)
PRACTICES, PAIRS = ("p0", "p1", "p2"), tuple((p, o) for p in ("p0", "p1", "p2") for o in ("inside", "outside"))
REQUEST = Request(
    *("round", "federation", "code_patterns", 0),
    epsilon_micro=4_000_000,
    delta_e15=10**10,
    members=12,
    projects=1000,
    least_honest=8,
    min_cohort=5,
)


def planned(**changes: object) -> Planned:
    return plan_round(replace(REQUEST, **changes), CATALOGUE)


def test_the_outcomes_of_the_whole_catalogue_are_paired_with_the_practices_of_a_domain() -> None:
    every = candidates(REQUEST, CATALOGUE)
    assert every.shares == (*PRACTICES, "inside", "outside", "d")
    assert every.pairs == PAIRS
    assert every.histograms == (("size", 3),)
    assert every.means == ("age", "length")
    assert every.size == 6 + 6 + 1 + 2
    narrowed = candidates(replace(REQUEST, measures=tuple(map(MeasureId, ("p0", "inside")))), CATALOGUE)
    assert (narrowed.shares, narrowed.pairs, narrowed.size) == (("p0", "inside"), (("p0", "inside"),), 3)
    reach = candidates(replace(REQUEST, reach=True), CATALOGUE)
    assert reach == Questions(histograms=(("age", 7), ("length", 7)))
    alone = candidates(replace(REQUEST, learning_type="project_success_factors"), CATALOGUE)
    assert alone == Questions(shares=(MeasureId("outside"),))


def test_domains_take_turns() -> None:
    domains = {"a": "code_patterns", "b": "code_patterns", "c": "code_patterns", "x": "architectural_patterns"}
    catalogue = Catalogue({MeasureId(n): measure(n, domain=domain) for n, domain in domains.items()}, "digest")
    asked = candidates(replace(REQUEST, learning_type="pattern_aggregation"), catalogue)
    assert asked.shares == ("a", "x", "b", "c")


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        (Questions(shares=("a", "b"), pairs=(("a", "b"),), means=("m",)), Questions(shares=("a",))),
        (Questions(histograms=(("h", 3), ("i", 2)), means=("m",)), Questions(histograms=(("h", 3),))),
        (Questions(means=("m", "n"), members=("a",)), Questions(means=("m",))),
    ],
)
def test_the_first_question_is_one_alone(wanted: Questions, first: Questions) -> None:
    assert wanted.first() == first


def test_a_round_with_enough_budget_asks_everything_and_three_questions_about_members() -> None:
    found = planned(epsilon_micro=40_000_000)
    assert found.plan.shares == (*PRACTICES, "inside", "outside", "d")
    assert found.plan.pairs == PAIRS
    assert (found.plan.histograms, found.plan.means) == ((("size", 3),), ("age", "length"))
    assert found.plan.members == PRACTICES
    assert (found.dropped, found.member_reason, found.remedy) == ((), "", None)
    assert found.plan.bounds == ()


def test_members_are_asked_only_where_the_answer_is_within_two() -> None:
    found = planned(epsilon_micro=1_000_000)
    assert (found.plan.members, found.member_reason) == ((), "too few members to say")
    between = {len(planned(epsilon_micro=micro).plan.members) for micro in range(32_000_000, 37_000_000, 50_000)}
    assert between == {0, 1, 2, 3}
    for micro in range(33_000_000, 37_000_000, 200_000):
        asked = planned(epsilon_micro=micro).plan
        if asked.members:
            assert 1.96 * noise_sds(asked, 12)[-1] <= 2.0 * 1.01


def test_questions_fall_away_from_the_end_with_the_reason_that_is_theirs() -> None:
    found = planned(projects=60, epsilon_micro=700_000)
    kept = found.plan
    assert 0 < len(kept.shares) < 6
    assert kept.shares == candidates(REQUEST, CATALOGUE).shares[: len(kept.shares)]
    assert (kept.pairs, kept.histograms, kept.means) == ((), (), ())
    reasons = {item.id: item.reason for item in found.dropped}
    assert list(reasons) == [
        *candidates(REQUEST, CATALOGUE).shares[len(kept.shares) :],
        *(f"{practice}~{outcome}" for practice, outcome in PAIRS),
        *("size", "age", "length"),
    ]
    assert {reasons[name] for name in ("d", "size", "age", "length")} == {
        "the noise would blur shares by more than 25%"
    }
    assert reasons["p0~inside"].startswith("odds ratios would be uncertain by more than a factor of 4; epsilon ")
    assert found.remedy is not None
    assert reasons["p0~inside"].endswith(
        f"a plan of {found.remedy.pairs} pairs and their shares alone would do"
        if found.remedy.pairs
        else "no smaller plan would do"
    )


def test_histograms_and_means_give_way_to_pairs() -> None:
    some = (planned(projects=100, epsilon_micro=micro) for micro in range(500_000, 4_000_000, 20_000))
    found = next(one for one in some if one.plan.pairs)
    assert len(found.plan.pairs) < len(PAIRS)
    assert (found.plan.histograms, found.plan.means) == ((), ())
    reasons = {item.id: item.reason for item in found.dropped}
    assert reasons["size"] == reasons["age"] == reasons["p2~outside"]
    assert reasons["size"] == "odds ratios would be uncertain by more than a factor of 4"


def test_a_delta_of_one_project_in_all_is_no_protection() -> None:
    with pytest.raises(PlanError, match="no protection for 1000 projects"):
        planned(delta_e15=10**12)
    assert planned(delta_e15=10**12 - 1).plan.delta_e15 == 10**12 - 1


def test_nothing_is_said_where_there_is_nothing_or_too_little() -> None:
    with pytest.raises(NothingToSay, match="no measure for technology_trends"):
        planned(learning_type="technology_trends")
    with pytest.raises(NothingToSay, match=r"12 projects of 12 members at epsilon 0\.1 allow no useful") as refused:
        planned(projects=12, epsilon_micro=100_000)
    assert refused.value.remedy is not None
    assert refused.value.remedy.words in str(refused.value)
    assert planned(projects=12, epsilon_micro=100_000, force=True).plan.shares == ("p0",)


@pytest.mark.parametrize("mechanism", ["discrete gaussian", "discrete laplace"])
def test_the_noise_reckoned_with_is_that_of_the_plan(mechanism: Mechanism) -> None:
    asked = Questions(shares=("p0", "p1"), means=("age",))
    plan = priced(draft(REQUEST, asked, CATALOGUE, mechanism))
    assert noise_sd(REQUEST, asked, CATALOGUE, mechanism) == pytest.approx(noise_sds(plan, 12)[0], rel=0.03)
    alone = replace(REQUEST, members=8)
    assert noise_sd(REQUEST, asked, CATALOGUE, mechanism) == pytest.approx(
        math.sqrt(12 / 8) * noise_sd(alone, asked, CATALOGUE, mechanism)
    )


def test_the_mechanism_with_less_noise_is_taken() -> None:
    few, many = planned(measures=(MeasureId("p0"),)).plan, planned().plan
    assert (few.mechanism, many.mechanism) == ("discrete laplace", "discrete gaussian")


def test_means_are_clipped_to_what_is_asked_for_and_to_the_catalogues_bounds_else() -> None:
    asked = {"epsilon_micro": 20_000_000, "bounds": {MeasureId("length"): (0.0, 2.0)}}
    assert planned(**asked).plan.bounds == ((0.0, 8.0), (0.0, 2.0))


def test_a_share_is_of_use_up_to_a_quarter() -> None:
    one = Questions(shares=("p0",))
    for mechanism in ("discrete gaussian", "discrete laplace"):
        sd = noise_sd(REQUEST, one, CATALOGUE, mechanism)
        widest = 1.96 * sd * math.sqrt(1 / 4 + 1 / 4) / 0.25  # of n + X over 2 n, where all say yes
        enough, little = (replace(REQUEST, projects=round(widest * part)) for part in (1.1, 0.9))
        assert useful(enough, one, CATALOGUE, mechanism)
        assert not useful(little, one, CATALOGUE, mechanism)


def test_bisection_finds_the_largest_that_fits() -> None:
    for most in range(12):
        for limit in range(-1, 14):
            assert largest(most, lambda count, limit=limit: count <= limit) == min(max(limit, 0), most)


def test_a_remedy_says_what_would_do_and_what_would_not() -> None:
    assert Remedy(1.5, 400).words == "epsilon 1.5 would do and 400 projects would do"
    assert Remedy(1.5, 400).pairs == 0
    assert Remedy(None, None).words == "no epsilon would do and no cohort would do"
    hopeless = replace(REQUEST, projects=2, epsilon_micro=10_000)
    wanted = candidates(hopeless, CATALOGUE)
    found = for_one_pair(hopeless, wanted, wanted.first(), CATALOGUE)
    assert (found.epsilon, found.pairs) == (None, 0)
    assert found.projects is not None
    assert found.projects > 1000
    impossible = replace(hopeless, members=10**9, least_honest=1)
    assert for_one_pair(impossible, wanted, wanted.first(), CATALOGUE).projects is None


def test_the_noise_is_split_only_where_every_share_stays_of_use() -> None:
    known = {MeasureId(name): 0.5 for name in (*PRACTICES, "inside", "outside", "d")}
    assert planned(expected=known, epsilon_micro=2_000_000).plan.weights
    assert not planned(epsilon_micro=2_000_000).plan.weights


def test_a_split_that_would_blur_any_share_too_much_is_not_made() -> None:
    known = dict.fromkeys(map(MeasureId, (*PRACTICES, "inside", "outside", "d")), 0.5)
    split = set()
    for projects in range(208, 300, 12):
        short = {"projects": projects, "epsilon_micro": 500_000}
        alike = planned(**short).plan
        weighed = priced(replace(alike, weights=weights_for(alike, known)))
        count, *others = noise_sds(weighed, 12)
        kinds = [slot.kind for slot in alike.slots[1:]]
        widest = max(sd for sd, kind in zip(others, kinds, strict=True) if kind in {"share", "bin", "mean"})
        of_use = 1.96 * math.hypot(widest, count) / 2 / projects <= 0.25  # (n + X) / 2 n where all say yes
        assert bool(planned(**short, expected=known).plan.weights) == of_use
        split.add(of_use)
    assert split == {True, False}


def test_a_remedy_is_the_least_that_helps() -> None:
    short = {"projects": 60, "epsilon_micro": 1_000_000}
    assert not planned(**short).plan.pairs
    remedy = planned(**short).remedy
    assert remedy is not None
    assert remedy.epsilon is not None
    assert remedy.projects is not None
    wanted, request = candidates(REQUEST, CATALOGUE), replace(REQUEST, **short)
    kept = Questions(shares=planned(**short).plan.shares)
    beside = replace(kept, shares=tuple(dict.fromkeys([*kept.shares, *PAIRS[0]])), pairs=PAIRS[:1])

    def does(**changes: int) -> bool:
        kinds: tuple[Mechanism, ...] = ("discrete gaussian", "discrete laplace")
        return any(useful(replace(request, **changes), beside, CATALOGUE, kind) for kind in kinds)

    cents = round(remedy.epsilon * 100)
    assert remedy.epsilon == cents / 100
    assert (does(epsilon_micro=cents * 10_000), does(epsilon_micro=(cents - 1) * 10_000)) == (True, False)
    assert (does(projects=remedy.projects), does(projects=remedy.projects - 1)) == (True, False)
    assert remedy == for_one_pair(request, wanted, kept, CATALOGUE)


def test_a_remedy_for_a_pair_asks_both_of_its_shares_beside_what_is_kept() -> None:
    request = replace(REQUEST, projects=60, epsilon_micro=1_000_000)
    pair = (MeasureId("p0"), MeasureId("outside"))
    wanted = Questions(shares=pair, pairs=(pair, (MeasureId("p1"), MeasureId("inside"))))
    kept = Questions(shares=(MeasureId("p1"), MeasureId("inside")))
    both = Questions(shares=(*kept.shares, *pair), pairs=(pair,))
    found = for_one_pair(request, wanted, kept, CATALOGUE).projects
    assert found is not None
    kinds: tuple[Mechanism, ...] = ("discrete gaussian", "discrete laplace")
    assert [
        any(useful(replace(request, projects=projects), both, CATALOGUE, kind) for kind in kinds)
        for projects in (found - 1, found)
    ] == [False, True]


def test_some_pairs_alone_may_do_where_all_questions_together_do_not() -> None:
    wanted = candidates(REQUEST, CATALOGUE)
    counts = set()
    for micro in range(1_200_000, 3_000_000, 100_000):
        request = replace(REQUEST, projects=100, epsilon_micro=micro)
        pairs = for_one_pair(request, wanted, Questions(shares=wanted.shares), CATALOGUE).pairs
        names = tuple(map(MeasureId, dict.fromkeys(name for pair in PAIRS[:pairs] for name in pair)))
        assert not pairs or len(plan_round(replace(request, measures=names), CATALOGUE).plan.pairs) >= 1
        counts.add(pairs)
    assert 6 in counts
    assert len(counts) > 2


def test_laplace_noise_is_reckoned_from_epsilon_as_it_is() -> None:
    one = Questions(shares=("p0",))  # two slots
    assert noise_sd(REQUEST, one, CATALOGUE, "discrete laplace") == pytest.approx(
        math.sqrt(2) * 2 / 4 * math.sqrt(12 / 8), rel=1e-12
    )
