"""The design's tracker: its keys, its states, and a budget that is shared by whoever names it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from fedlore import PrivacyBudgetTracker
from fedlore.privacy.ledger import BudgetError


async def test_the_design_s_journey_of_one_operation() -> None:
    budget = PrivacyBudgetTracker(total_epsilon=1.0, total_delta=1e-5)
    before = datetime.now(tz=UTC)
    assert await budget.allocate_budget("op", 0.3, 1e-6) == {
        "allocation_successful": True,
        "operation_id": "op",
        "allocated_epsilon": 0.3,
        "allocated_delta": 1e-6,
        "remaining_epsilon": 0.7,
        "remaining_delta": 9e-6,
    }
    assert (budget.used_epsilon, budget.used_delta, budget.operation_history) == (0.0, 0.0, ())
    assert budget.budget_allocations["op"]["status"] == "allocated"
    used = await budget.consume_budget("op", 0.2, 0.0)
    assert used == {"consumption_successful": True, "remaining_epsilon": 0.8, "remaining_delta": 1e-5}
    allocation, (operation,) = budget.budget_allocations["op"], budget.operation_history
    assert {k: allocation[k] for k in ("epsilon", "delta", "status", "actual_epsilon", "actual_delta")} == {
        "epsilon": 0.3,
        "delta": 1e-6,
        "status": "consumed",
        "actual_epsilon": 0.2,
        "actual_delta": 0.0,
    }
    assert (operation["operation_id"], operation["epsilon_consumed"], operation["delta_consumed"]) == ("op", 0.2, 0.0)
    assert before <= allocation["timestamp"] <= operation["timestamp"] <= datetime.now(tz=UTC)
    assert (budget.used_epsilon, budget.total_epsilon, budget.total_delta) == (0.2, 1.0, 1e-5)


async def test_open_allocations_count_so_that_nobody_gets_the_same_budget_twice() -> None:
    budget = PrivacyBudgetTracker(1.0, 1e-5)
    grants = await asyncio.gather(*(budget.allocate_budget(f"op{n}", 0.1, 0.0) for n in range(25)))
    assert sum(grant["allocation_successful"] for grant in grants) == 10
    refused = next(grant for grant in grants if not grant["allocation_successful"])
    assert (refused["reason"], refused["requested_epsilon"]) == ("insufficient_budget", 0.1)
    assert (await budget.allocate_budget("more", 0.1, 0.0))["remaining_epsilon"] == 0.0
    freed = next(name for name, row in budget.budget_allocations.items() if row["status"] == "allocated")
    assert (await budget.release_budget(freed))["remaining_epsilon"] == 0.1
    assert budget.budget_allocations[freed]["status"] == "released"
    assert (await budget.allocate_budget("more", 0.1, 0.0))["allocation_successful"]


async def test_delta_is_a_budget_of_its_own() -> None:
    budget = PrivacyBudgetTracker(1.0, 1e-6)
    refused = await budget.allocate_budget("op", 0.1, 2e-6)
    assert (refused["allocation_successful"], refused["remaining_delta"]) == (False, 1e-6)


async def test_a_retry_changes_nothing_and_a_used_id_pays_for_nothing_new() -> None:
    budget = PrivacyBudgetTracker(1.0, 1e-5)
    first = await budget.allocate_budget("op", 0.5, 0.0)
    assert await budget.allocate_budget("op", 0.5, 0.0) == first
    with pytest.raises(ValueError, match="already stands for"):
        await budget.allocate_budget("op", 0.4, 0.0)
    used = await budget.consume_budget("op", 0.5, 0.0)
    assert await budget.consume_budget("op", 0.5, 0.0) == used
    with pytest.raises(ValueError, match="already consumed"):
        await budget.allocate_budget("op", 0.5, 0.0)
    for wrong in (budget.consume_budget("op", 0.4, 0.0), budget.release_budget("op")):
        with pytest.raises(ValueError, match="committed"):
            await wrong
    assert budget.used_epsilon == 0.5
    assert len(budget.operation_history) == 1


async def test_what_was_not_allocated_cannot_be_consumed() -> None:
    budget = PrivacyBudgetTracker(1.0, 1e-5)
    await budget.allocate_budget("op", 0.5, 1e-6)
    for operation, epsilon, delta in [("nobody", 0.1, 0.0), ("op", 0.500001, 0.0), ("op", 0.5, 2e-6)]:
        with pytest.raises(BudgetError):
            await budget.consume_budget(operation, epsilon, delta)
    with pytest.raises(ValueError, match="no budget is allocated"):
        await budget.release_budget("nobody")
    assert budget.used_epsilon == 0.0


async def test_views_cannot_be_written_to() -> None:
    budget = PrivacyBudgetTracker(1.0, 1e-5)
    await budget.allocate_budget("op", 0.5, 0.0)
    with pytest.raises(TypeError):
        budget.budget_allocations["op"] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        budget.budget_allocations["op"]["epsilon"] = 0.0  # type: ignore[index]
    with pytest.raises(AttributeError):
        budget.used_epsilon = 0.0  # type: ignore[misc]


async def test_a_database_is_shared_and_its_total_is_fixed(store_url: Callable[[str], str]) -> None:
    url = store_url("budget")
    first, second = PrivacyBudgetTracker(1.0, 1e-5, url=url), PrivacyBudgetTracker(1.0, 1e-5, url=url)
    await first.allocate_budget("op", 0.75, 0.0)
    assert not (await second.allocate_budget("other", 0.5, 0.0))["allocation_successful"]
    await second.consume_budget("op", 0.75, 0.0)
    assert first.used_epsilon == 0.75
    first.close()
    second.close()
    with pytest.raises(ValueError, match="fixed at epsilon 1,"):
        PrivacyBudgetTracker(2.0, 1e-5, url=url)
    other = PrivacyBudgetTracker(2.0, 1e-5, url=url, scope="other")
    assert other.used_epsilon == 0.0
    with pytest.raises(ValueError, match="belongs to"):
        await other.consume_budget("op", 0.75, 0.0)
    assert PrivacyBudgetTracker(1.0, 1e-5, url=url).operation_history[0]["operation_id"] == "op"


@pytest.mark.parametrize(("epsilon", "delta"), [(0, 0), (-1, 0), (float("inf"), 0), (1, 1), (1, -1e-9), ("x", 0)])
def test_totals_that_are_none_are_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(ValueError, match=r"epsilon|delta"):
        PrivacyBudgetTracker(epsilon, delta)


async def test_beside_rounds_an_allocation_passes_the_filters_as_well(store_url: Callable[[str], str]) -> None:
    url = store_url("budget")
    plain = PrivacyBudgetTracker(1.0, 1e-5, url=url, scope="plain")
    beside = PrivacyBudgetTracker(1.0, 1e-5, url=url, scope="beside", adaptive=True)
    for budget in (plain, beside):
        assert (await budget.allocate_budget(f"{id(budget)}-a", 0.1, 4e-6))["allocation_successful"]
    # The sums would do, but the filters keep a part of delta for each way of adding up.
    assert (await plain.allocate_budget("plain-b", 0.1, 4e-6))["allocation_successful"]
    refused = await beside.allocate_budget("beside-b", 0.1, 4e-6)
    assert (refused["allocation_successful"], refused["reason"]) == (False, "insufficient_budget")
    assert (await beside.allocate_budget("beside-c", 0.1, 1e-6))["remaining_delta"] == 5e-6
