"""Types of patterns are those that enough members or projects stand behind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fedlore.learn.pattern_types import pattern_types
from fedlore.learn.say import statements
from fedlore.learn.statement import Statement
from fedlore.learn.sums import Sums
from tests.learn.making import CATALOGUE, MEMBERS, plan

EXACT = [400, 100, -350, 20, 200, -30, 100, 200, 50, 300, -35, 9]


@pytest.fixture(scope="module")
def released() -> list[Statement]:
    lattice = 16 * np.array(EXACT, dtype=np.int64)
    return list(statements(Sums.from_release(plan(), lattice, MEMBERS), CATALOGUE))


def test_every_measure_is_a_type_where_the_cohort_is_large_enough(released: list[Statement]) -> None:
    found = pattern_types(released, MEMBERS)
    assert set(found) == {"code.tests", "code.types", "success.alive", "code.size", "code.age"}
    shares = {one.id: one.estimate * one.projects for one in released if one.kind == "share"}
    assert {name: found[name] for name in shares} == pytest.approx(shares)
    assert found["code.size"] == found["code.age"] == released[0].projects


@pytest.mark.parametrize(("projects", "said"), [(10.0, []), (10.01, ["code.size", "code.age"]), (1e6, None)])
def test_in_a_small_cohort_only_those_with_a_noised_count_above_k(
    released: list[Statement], projects: float, said: list[str] | None
) -> None:
    k = max(10, MEMBERS + 1)
    few = [replace(one, projects=projects * k / 10, estimate=min(one.estimate, 0.9)) for one in released]
    found = pattern_types(few, k)
    assert list(found) == (said if said is not None else list(pattern_types(released, MEMBERS)))


def test_the_count_of_a_yes_no_measure_is_of_those_that_say_yes(released: list[Statement]) -> None:
    share = next(one for one in released if one.kind == "share")
    k = MEMBERS + 1
    assert pattern_types([replace(share, projects=4.0 * k, estimate=0.25)], k) == {}
    assert pattern_types([replace(share, projects=4.0 * k, estimate=0.26)], k) == {share.id: pytest.approx(1.04 * k)}
