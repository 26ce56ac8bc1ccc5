"""`PrivacyBudgetTracker`: the design's view of one budget in the ledger."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from fedlore.privacy.ledger import (
    DELTA_UNIT,
    EPSILON_UNIT,
    BudgetError,
    BudgetExceeded,
    Charge,
    OperationConflict,
    Totals,
    delta_e15,
    epsilon_micro,
)
from fedlore.store import ledger
from fedlore.store.database import Database
from fedlore.store.scopes import TRACKER

_STATUS = {"reserved": "allocated", "committed": "consumed", "void": "released", "expired": "released"}


class PrivacyBudgetTracker:
    """One total of epsilon and delta, and the operations that it is allocated to.

    Allocations count against what remains from the moment they are made, so two requests never get the same budget.
    Amounts are counted exactly, in 1e-6 of epsilon and 1e-15 of delta; a request is rounded up, a total down.

    Without ``url`` the ledger lives in memory. With one (``sqlite:///path``, ``postgresql://...``) it is durable, and
    shared by every process that names the database and the ``scope``. The total is fixed there by whoever comes first:
    a tracker with another total is refused with a `ValueError`, because raising it in silence would break a promise,
    and lowering it would surprise whoever relies on it. Other scopes of the same database are other budgets.
    Allocations are added up plainly, the total never renews, and no allocation expires. With ``adaptive`` the scope
    also holds rounds, which pass by the filters of `fedlore.privacy.filters`: an allocation then has to pass both.

    The methods work in a thread; attributes read the ledger at once, which takes about a millisecond. Operation ids are
    words of ASCII letters, digits and ``._:/~+=[]-``, each used once. All errors are `ValueError`.
    """

    def __init__(
        self,
        total_epsilon: float,
        total_delta: float,
        *,
        url: str | None = None,
        scope: str = TRACKER,
        adaptive: bool = False,
    ) -> None:
        epsilon = epsilon_micro(total_epsilon, rounding="down")
        delta = delta_e15(total_delta, rounding="down")
        self._scope = scope
        self._database = Database("sqlite://" if url is None else url)
        with self._database.transaction() as connection:
            cap = ledger.fix_total(connection, scope=scope, epsilon_micro=epsilon, delta_e15=delta, now=time.time())
        self._caps = [cap, replace(cap, adaptive=True)] if adaptive else [cap]
        self._total_epsilon_micro, self._total_delta_e15 = epsilon, delta

    @property
    def total_epsilon(self) -> float:
        return self._total_epsilon_micro / EPSILON_UNIT

    @property
    def total_delta(self) -> float:
        return self._total_delta_e15 / DELTA_UNIT

    @property
    def used_epsilon(self) -> float:
        """What was consumed; allocations that are still open are not in it."""
        return self._totals().committed_epsilon_micro / EPSILON_UNIT

    @property
    def used_delta(self) -> float:
        return self._totals().committed_delta_e15 / DELTA_UNIT

    @property
    def budget_allocations(self) -> Mapping[str, Mapping[str, Any]]:
        """A read-only snapshot of the allocations by operation id.

        Each has ``epsilon``, ``delta``, ``timestamp``, ``status`` (allocated, consumed or released), and once consumed
        ``actual_epsilon`` and ``actual_delta``.
        """
        return MappingProxyType({row.operation_id: _allocation(row) for row in self._rows()})

    @property
    def operation_history(self) -> tuple[Mapping[str, Any], ...]:
        """What was consumed, oldest first.

        Each has ``operation_id``, ``epsilon_consumed``, ``delta_consumed`` and ``timestamp``.
        """
        consumed = [row for row in self._rows() if row.state == "committed"]
        return tuple(_operation(row) for row in sorted(consumed, key=lambda row: row.settled_at_us or 0))

    async def allocate_budget(
        self, operation_id: str, requested_epsilon: float, requested_delta: float
    ) -> dict[str, Any]:
        """Allocate budget to an operation, or say that too little is left; nothing is allocated in part.

        The same request again (after a crash, say) returns the allocation that stands. Raises `ValueError` for amounts
        that are none, and for an operation id that stands for another request or is already consumed or released.
        """
        charge = Charge(epsilon_micro(requested_epsilon), delta_e15(requested_delta), {"kind": "allocation"})
        try:
            left = await asyncio.to_thread(self._allocate, operation_id, charge)
        except BudgetExceeded as refusal:
            return {
                "allocation_successful": False,
                "reason": "insufficient_budget",
                "remaining_epsilon": (refusal.left_epsilon_micro or 0) / EPSILON_UNIT,
                "remaining_delta": (refusal.left_delta_e15 or 0) / DELTA_UNIT,
                "requested_epsilon": requested_epsilon,
                "requested_delta": requested_delta,
            }
        return {
            "allocation_successful": True,
            "operation_id": operation_id,
            "allocated_epsilon": charge.epsilon_micro / EPSILON_UNIT,
            "allocated_delta": charge.delta_e15 / DELTA_UNIT,
            **self._remaining(left),
        }

    async def consume_budget(self, operation_id: str, actual_epsilon: float, actual_delta: float) -> dict[str, Any]:
        """Settle an allocation at what the operation actually cost, no more than was allocated; the rest is free again.

        The same again changes nothing. Raises `ValueError` for an operation without an allocation, for more than was
        allocated, and for one that is released or was consumed at another price.
        """
        actual = Charge(epsilon_micro(actual_epsilon), delta_e15(actual_delta))
        left = await asyncio.to_thread(self._consume, operation_id, actual)
        return {"consumption_successful": True, **self._remaining(left)}

    async def release_budget(self, operation_id: str) -> dict[str, Any]:
        """Give an allocation back whose operation released nothing; the same again changes nothing.

        Raises `ValueError` for an operation without an allocation, and for one that is consumed.
        """
        left = await asyncio.to_thread(self._release, operation_id)
        return {"release_successful": True, **self._remaining(left)}

    def close(self) -> None:
        """Give up the database's connections; a ledger in memory is gone with them."""
        self._database.close()

    def _allocate(self, operation_id: str, charge: Charge) -> Totals:
        with self._database.transaction() as connection:
            row = ledger.reserve(
                connection,
                operation_id=operation_id,
                scope=self._scope,
                charge=charge,
                caps=self._caps,
                now=time.time(),
            )
            if row.state != "reserved":
                raise OperationConflict(
                    f"{operation_id} is already {_STATUS[row.state]}: a new operation needs a new id"
                )
            return ledger.totals(connection, self._scope)

    def _consume(self, operation_id: str, actual: Charge) -> Totals:
        with self._database.transaction() as connection:
            self._own(ledger.commit(connection, operation_id, time.time(), actual))
            return ledger.totals(connection, self._scope)

    def _release(self, operation_id: str) -> Totals:
        with self._database.transaction() as connection:
            self._own(ledger.void(connection, operation_id, time.time()))
            return ledger.totals(connection, self._scope)

    def _own(self, row: ledger.ChargeRow) -> None:
        if row.scope != self._scope:
            raise BudgetError(f"{row.operation_id} belongs to the budget of {row.scope}")

    def _totals(self) -> Totals:
        with self._database.reading() as connection:
            return ledger.totals(connection, self._scope)

    def _rows(self) -> list[ledger.ChargeRow]:
        with self._database.reading() as connection:
            return ledger.charges(connection, self._scope)

    def _remaining(self, spent: Totals) -> dict[str, float]:
        return {
            "remaining_epsilon": max(0, self._total_epsilon_micro - spent.epsilon_micro) / EPSILON_UNIT,
            "remaining_delta": max(0, self._total_delta_e15 - spent.delta_e15) / DELTA_UNIT,
        }


def _allocation(row: ledger.ChargeRow) -> Mapping[str, Any]:
    allocation = {
        "epsilon": row.epsilon_micro / EPSILON_UNIT,
        "delta": row.delta_e15 / DELTA_UNIT,
        "timestamp": _time(row.reserved_at_us),
        "status": _STATUS[row.state],
    }
    if row.actual_epsilon_micro is not None and row.actual_delta_e15 is not None:
        allocation["actual_epsilon"] = row.actual_epsilon_micro / EPSILON_UNIT
        allocation["actual_delta"] = row.actual_delta_e15 / DELTA_UNIT
    return MappingProxyType(allocation)


def _operation(row: ledger.ChargeRow) -> Mapping[str, Any]:
    return MappingProxyType(
        {
            "operation_id": row.operation_id,
            "epsilon_consumed": (row.actual_epsilon_micro or 0) / EPSILON_UNIT,
            "delta_consumed": (row.actual_delta_e15 or 0) / DELTA_UNIT,
            "timestamp": _time(row.settled_at_us or 0),
        }
    )


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, tz=UTC)
