"""A paid export: nothing is charged for one that fails, and nobody exports who has not joined."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from fedlore.federation.exporting import SCOPE, Order, charge_of, export_synthetic
from fedlore.federation.participant import Tools
from fedlore.federation.policy import Policy, PolicyRefusal
from fedlore.privacy.ledger import BudgetExceeded, OperationConflict
from fedlore.privacy.synthetic.spending import budget_for
from fedlore.privacy.synthetic.table import Column, SyntheticError, Table
from fedlore.store import charges, contributions, exports
from fedlore.store.contributions import MembershipRow
from fedlore.store.database import Database

TOOLS = Tools(lambda: 1_800_000_000.0, os.urandom)
TOO_LARGE = Table((Column("c", tuple(map(str, range(10_001)))),), np.zeros((3, 1), dtype=np.int64))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'participant.sqlite'}")
    policy = Policy(epsilon_total_micro=2 * 10**6, delta_total_e15=10**11)
    with made.transaction() as connection:
        row = MembershipRow("federation", b"", policy.as_dict(), 1_790_000_000.0)
        contributions.set_membership(connection, row, [])
    return made


def _order(operation_id: str, epsilon_micro: int = 10**6) -> Order:
    return Order(operation_id, "projects", "csv", budget_for(epsilon_micro, 10**10))


def test_an_export_that_fails_costs_nothing_and_its_id_is_used_up(database: Database) -> None:
    with pytest.raises(SyntheticError, match="too large"):
        export_synthetic(database, "federation", _order("one"), TOO_LARGE, TOOLS, lambda: 0.0)
    with database.reading() as connection:
        (row,) = charges.charges(connection)
        assert (row.operation_id, row.scope, row.state) == ("one", SCOPE, "void")
        assert charges.totals(connection).epsilon_micro == 0
        assert exports.find_export(connection, "one") is None
    with pytest.raises(OperationConflict):
        export_synthetic(database, "federation", _order("one"), TOO_LARGE, TOOLS, lambda: 0.0)


def test_what_the_participants_own_cap_does_not_hold_is_refused_before_anything_is_made(database: Database) -> None:
    with pytest.raises(BudgetExceeded):
        export_synthetic(database, "federation", _order("two", 3 * 10**6), TOO_LARGE, TOOLS, lambda: 0.0)
    with pytest.raises(PolicyRefusal, match="not joined"):
        export_synthetic(database, "another", _order("three"), TOO_LARGE, TOOLS, lambda: 0.0)
    with database.reading() as connection:
        assert charges.charges(connection) == []


def test_the_charge_names_the_event_and_what_was_asked() -> None:
    order = _order("one")
    charge = charge_of(order, {"c": ("no", "yes")})
    assert (charge.epsilon_micro, charge.delta_e15) == (10**6, 10**10)
    assert charge.event.items() >= order.budget.charge.event.items()
    assert (charge.event["export"], charge.event["unit"]) == ("projects", "project")
    assert charge_of(order, {"c": ("no", "maybe")}).event["order_digest"] != charge.event["order_digest"]
