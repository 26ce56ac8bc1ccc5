"""What `budget` does: find the side's ledger, and print its status, its charges, or the reason of one of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import click

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan
from fedlore.cli.budget_page import page_of
from fedlore.cli.budget_tables import (
    charge_as_dict,
    explanation_as_dict,
    print_charges,
    print_explanations,
    print_status,
    projects_as_dict,
    scope_as_dict,
)
from fedlore.cli.common import acting_for, emit, first_joined
from fedlore.federation.budgets import Budget, budget_of_coordinator, budget_of_participant
from fedlore.federation.explaining import asks, explained
from fedlore.federation.machine import Machine
from fedlore.privacy.ledger import UnknownOperation
from fedlore.store import contributions
from fedlore.store.charges import ChargeRow


@dataclass(frozen=True, slots=True)
class Wish:
    """The commands' options."""

    side: str
    consortium_id: str | None
    organization: str | None
    form: str


@dataclass(frozen=True, slots=True)
class _Side:
    machine: Machine
    federation_id: str
    budget: Budget

    @property
    def about(self) -> dict[str, str | None]:
        organization = self.budget.organization
        side = "coordinator" if organization is None else "participant"
        return {"consortium_id": self.federation_id, "as": side, "organization": organization}

    @property
    def rows(self) -> list[ChargeRow]:
        """The charges of every scope that is shown, oldest first."""
        return list(self.budget.scopes[-1].rows)

    def plan(self, operation_id: str) -> Plan | None:
        """What a round of this ledger asked; None for an operation that is no round."""
        if self.budget.organization is None:
            row = self.machine.coordinator.find(operation_id)
            return None if row is None else Plan.parse(row.plan)
        with self.machine.database(self.budget.organization).reading() as connection:
            kept = contributions.find_contribution(connection, operation_id)
        return None if kept is None else Plan.parse(kept.plan)


def show_status(wish: Wish) -> None:
    """Every scope of the side's ledger."""
    side = _side(wish)
    budget = side.budget
    payload = {
        **side.about,
        "scopes": [scope_as_dict(scope) for scope in budget.scopes],
        "projects": None if budget.projects is None else projects_as_dict(budget.projects),
    }
    emit(wish.form, "budget.status", payload, lambda: print_status(budget))


def show_history(wish: Wish, html: Path | None) -> None:
    """Every charge of the side's ledger, and the page with the plot if it is asked for."""
    if html is not None and not html.resolve().parent.is_dir():
        raise click.BadParameter(f"there is no folder {html.parent}", param_hint="--html")
    side = _side(wish)
    rows = side.rows
    if html is not None:
        html.write_text(page_of(side.budget, side.federation_id, time.time()), "utf-8")
    payload = {**side.about, "charges": [charge_as_dict(row) for row in rows]}
    emit(wish.form, "budget.history", payload, lambda: print_charges(rows))
    if html is not None:
        click.echo(f"wrote {html}", err=True)


def show_explanation(wish: Wish, operation: str) -> None:
    """Why one charge, or each round that asked a measure, cost what it cost; raises `UnknownOperation`."""
    side = _side(wish)
    measure = MeasureId(operation) if operation in side.machine.catalogue.measures else None
    plans = {row.operation_id: side.plan(row.operation_id) for row in side.rows if _named(row, operation, measure)}
    chosen = [row for row in side.rows if row.operation_id in plans]
    if measure is not None:
        chosen = [row for row in chosen if (plan := plans[row.operation_id]) is not None and asks(plan, measure)]
    if not chosen:
        raise UnknownOperation(operation)
    if measure is None and len(chosen) > 1 and chosen[0].operation_id != operation:
        raise click.BadParameter(f"{len(chosen)} operations begin with {operation!r}", param_hint="OPERATION")
    found = []
    for row in chosen:
        scopes = [scope for scope in side.budget.scopes if scope.cap.scope in {row.scope, None}]
        found.append(explained(row, plans[row.operation_id], scopes, measure))
    payload = {**side.about, "measure": measure, "operations": [explanation_as_dict(one) for one in found]}
    emit(wish.form, "budget.explain", payload, lambda: print_explanations(found, measure))


def _named(row: ChargeRow, operation: str, measure: MeasureId | None) -> bool:
    return measure is not None or row.operation_id.startswith(operation)


def _side(wish: Wish) -> _Side:
    machine = Machine()
    if wish.side == "coordinator":
        if wish.organization is not None:
            raise click.UsageError("--organization names a participant: it does not go with --as coordinator")
        federation_id = machine.chosen(wish.consortium_id)
        return _Side(machine, federation_id, budget_of_coordinator(machine.coordinator, federation_id))
    federation_id = machine.chosen(wish.consortium_id)
    owner = acting_for(machine, wish.consortium_id, wish.organization) or first_joined(machine, federation_id)
    participant = machine.link(owner.federation_id, owner.organization).participant
    budget = budget_of_participant(participant, machine.database(owner.organization), time.time())
    return _Side(machine, owner.federation_id, budget)
