"""A paid export: nothing is charged for one that fails, and nobody exports who has not joined."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fedlore.catalogue.load import load_catalogue
from fedlore.cli.budget_tables import print_explanations, print_status, scope_as_dict
from fedlore.federation import exporting
from fedlore.federation.budgets import budget_of_participant
from fedlore.federation.explaining import explained
from fedlore.federation.exporting import Order, charge_of, export_synthetic, projects_for
from fedlore.federation.identity import load_identity
from fedlore.federation.participant import Membership, Participant, Tools
from fedlore.federation.policy import Policy, PolicyRefusal
from fedlore.privacy.ledger import RESERVATION_SECONDS, BudgetError, BudgetExceeded, Charge, OperationConflict
from fedlore.privacy.synthetic.spending import budget_for
from fedlore.privacy.synthetic.table import Column, SyntheticError, Table
from fedlore.store import charges, contributions, exports, ledger
from fedlore.store.contributions import MembershipRow
from fedlore.store.database import Database
from fedlore.store.exports import ExportRow
from fedlore.store.scopes import EXPORTS, RESERVED
from tests.federation.making import FEDERATION, TERMS, make_world

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


def _participant(database: Database, folder: Path) -> Participant:
    return Participant(
        "org",
        database=database,
        identity=load_identity(folder / "org.key"),
        membership=Membership("federation", b"", Policy()),
        catalogue=load_catalogue(),
        look=lambda _as_of: [],
        tools=TOOLS,
    )


def test_an_export_that_fails_costs_nothing_and_its_id_is_used_up(database: Database) -> None:
    with pytest.raises(SyntheticError, match="too large"):
        export_synthetic(database, "federation", _order("one"), TOO_LARGE, TOOLS, lambda: 0.0)
    with database.reading() as connection:
        (row,) = charges.charges(connection)
        assert (row.operation_id, row.scope, row.state) == ("one", EXPORTS, "void")
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


def test_an_export_that_was_never_finished_expires_when_the_budget_is_looked_at(
    database: Database, tmp_path: Path
) -> None:
    order = _order("cut-off")
    with database.transaction() as connection:
        ledger.reserve(
            connection,
            operation_id="cut-off",
            scope="whatever-it-is-called",
            charge=charge_of(order, {"c": ("no", "yes")}),
            caps=[],
            now=0.0,
            expires=100.0,
        )
    budget_of_participant(_participant(database, tmp_path), database, TOOLS.now())
    with database.reading() as connection:
        assert [row.state for row in charges.charges(connection)] == ["expired"]


def test_what_takes_longer_than_a_reservation_lasts_is_neither_paid_nor_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_800_000_000.0]

    def slow(order: Order, _real: Table, _tools: Tools, _elapsed: object) -> ExportRow:
        clock[0] += RESERVATION_SECONDS
        return ExportRow(order.operation_id, b"rows", "{}")

    monkeypatch.setattr(exporting, "load_mbi", lambda: None)
    monkeypatch.setattr(exporting, "_made", slow)
    tools = Tools(lambda: clock[0], os.urandom)
    with pytest.raises(OperationConflict, match="expired"):
        export_synthetic(database, "federation", _order("slow"), TOO_LARGE, tools, lambda: 0.0)
    with database.reading() as connection:
        assert charges.totals(connection).epsilon_micro == 0
        assert exports.find_export(connection, "slow") is None


@pytest.mark.parametrize("table", ["projects", "commits"])
def test_a_projects_own_budget_is_held_against_tables_of_every_unit(database: Database, table: str) -> None:
    policy = Policy(project_epsilon_micro=10**6, project_delta_e15=10**10)
    with database.transaction() as connection:
        row = MembershipRow("federation", b"", policy.as_dict(), 1_790_000_000.0)
        contributions.set_membership(connection, row, [])
        ledger.reserve(
            connection,
            operation_id="elsewhere",
            scope="other",
            charge=Charge(10**6, 10**10),
            caps=[],
            now=1_799_000_000.0,
            coverage=ledger.Coverage(frozenset({"a"})),
        )
    order = replace(_order("one"), table=table)
    now = TOOLS.now()
    assert projects_for(database, "federation", order, ["a", "b"], now) == {"b"}
    with pytest.raises(PolicyRefusal, match="none is left"):
        projects_for(database, "federation", order, ["a"], now)
    # Whoever passes them all the same is refused by the ledger.
    with pytest.raises(BudgetExceeded, match="each-project"):
        export_synthetic(database, "federation", order, TOO_LARGE, TOOLS, lambda: 0.0, frozenset({"a", "b"}))


def test_the_budget_says_what_paid_for_tables_of_records_and_what_they_protect(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.transaction() as connection:
        for table, epsilon_micro in (("projects", 10**5), ("commits", 2 * 10**5), ("stories", 3 * 10**5)):
            charge = charge_of(replace(_order(table, epsilon_micro), table=table), {"c": ("no", "yes")})
            ledger.reserve(connection, operation_id=table, scope=EXPORTS, charge=charge, caps=[], now=1_799_999_000.0)
    budget = budget_of_participant(_participant(database, tmp_path), database, TOOLS.now())
    everything = budget.scopes[1]
    assert everything.last is None
    assert scope_as_dict(everything)["last_round"] is None
    assert everything.total.naive_epsilon == pytest.approx(0.6)
    assert everything.of_records == (pytest.approx(0.5), pytest.approx(2e-5))
    assert scope_as_dict(everything)["of_records"]["epsilon"] == pytest.approx(0.5)
    said = {row.operation_id: explained(row, None, [everything]) for row in everything.rows}
    assert said["projects"].neighbours == "one project added or removed"
    assert said["commits"].neighbours == said["stories"].neighbours
    assert "a whole project is not protected" in said["stories"].neighbours
    print_status(budget)
    print_explanations([said["commits"]], None)
    words = " ".join(capsys.readouterr().out.split())
    assert "epsilon 0.5, delta 2e-05 of these paid for tables of commits or stories" in words
    assert "one record added or removed (a whole project is not protected)" in words


def test_the_last_round_is_no_export_though_the_export_is_newer(database: Database, tmp_path: Path) -> None:
    laplace = {"mechanism": "discrete laplace", "noise_multiplier": 1.0, "count": 1, "distance": 0.0}
    with database.transaction() as connection:
        for scope, operation, charge in (
            ("federation", "round", Charge(10**6, 1, laplace)),
            (EXPORTS, "table", charge_of(_order("table"), {"c": ("no", "yes")})),
        ):
            asked = {"operation_id": operation, "scope": scope, "charge": charge, "caps": []}
            ledger.reserve(connection, **asked, now=1_799_999_000.0 + len(operation))
    for scope in budget_of_participant(_participant(database, tmp_path), database, TOOLS.now()).scopes:
        assert scope.last is not None
        assert scope.last.operation_id == "round"


@pytest.mark.parametrize("name", [*sorted(RESERVED), "two words", ""])
def test_no_federation_is_called_like_another_scope_of_a_ledger(tmp_path: Path, name: str) -> None:
    world = make_world(tmp_path, {})
    with pytest.raises(BudgetError, match="no consortium may have the id"):
        world.coordinator.create(name, TERMS, {})
    assert [row.federation_id for row in world.coordinator.federations()] == [FEDERATION]
    with pytest.raises(BudgetError, match="no consortium may have the id"):
        Membership(name, b"", Policy())
