"""The budgets of one side, as they are shown: what each scope has spent and still admits, and every charge of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from fedlore.federation.coordinator import Coordinator
from fedlore.federation.participant import Participant
from fedlore.privacy.filters import Spent, limits_of, loss_of, spent_by, tracks
from fedlore.privacy.ledger import DELTA_UNIT, EPSILON_UNIT, Cap, Charge
from fedlore.privacy.room import Total, left_in, rounds_left, total_of
from fedlore.store import charges
from fedlore.store.charges import ChargeRow
from fedlore.store.database import Database

Kind = Literal["federation", "all federations", "a project"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What one scope has spent of one cap; ``rows`` are its charges of all years, void and expired ones too."""

    kind: Kind
    cap: Cap
    rows: tuple[ChargeRow, ...]

    @property
    def standing(self) -> list[ChargeRow]:
        """The charges that count in the running year."""
        return [row for row in self.rows if row.standing and row.reserved_at_us >= self.cap.since_us]

    @property
    def total(self) -> Total:
        """Both totals of the running year."""
        return total_of((row.charge for row in self.standing), self.cap.delta_e15)

    @property
    def ever(self) -> Total:
        """Both totals over all years; the tight one at as many times the cap's delta as years have begun."""
        years = 1 if self.cap.period is None else self.cap.period.number
        delta = None if self.cap.delta_e15 is None else min(DELTA_UNIT - 1, years * self.cap.delta_e15)
        return total_of((row.charge for row in self.rows if row.standing), delta)

    def summed(self, state: str) -> tuple[float, float]:
        """The plain sums of epsilon and delta over this year's charges in one state."""
        return _summed(row for row in self.standing if row.state == state)

    @property
    def of_records(self) -> tuple[float, float]:
        """The part of the plain sums of this year that pays for tables of commits or stories.

        They protect one record, and not a whole project: docs/decisions/2026-11-24-records-under-one-cap.md.
        """
        return _summed(row for row in self.standing if row.event.get("unit") == "record")

    @property
    def left(self) -> tuple[float | None, float | None]:
        """What one more charge may cost: the most pure epsilon, and the most delta (None: as much as one likes)."""
        if self.cap.filtered:
            epsilon, delta = left_in(self.cap, self.spent)
            return epsilon / EPSILON_UNIT, delta / DELTA_UNIT
        caps = (self.cap.epsilon_micro, EPSILON_UNIT), (self.cap.delta_e15, DELTA_UNIT)
        sums = (
            sum(row.charge.epsilon_micro for row in self.standing),
            sum(row.charge.delta_e15 for row in self.standing),
        )
        epsilon_left, delta_left = (
            None if cap is None else max(0, cap - spent) / unit for (cap, unit), spent in zip(caps, sums, strict=True)
        )
        return epsilon_left, delta_left

    @property
    def spent(self) -> Spent:
        """What the filters know of this year."""
        return spent_by(row.charge for row in self.standing)

    @property
    def last(self) -> ChargeRow | None:
        """The newest round that stands, whatever the year; None if there is none. An export is no round."""
        rounds = [row for row in self.rows if row.standing and "mechanism" in row.event and not row.is_export]
        return rounds[-1] if rounds else None

    def more_like(self, charge: Charge) -> int:
        """How many more such rounds the gate admits this year, counted up to 1,000,000."""
        return rounds_left(self.cap, self.spent, charge)


@dataclass(frozen=True, slots=True)
class Projects:
    """What the projects of one participant have spent, each over all federations; ``cap`` None: no budget of their own.

    ``spent`` counts projects that were part of a round this year, ``exhausted`` those among them that a round like the
    last one would leave out; ``most_*`` are the plain sums of the one that has spent most.
    """

    cap: Cap | None
    spent: int
    exhausted: int
    most_epsilon: float
    most_delta: float


@dataclass(frozen=True, slots=True)
class Budget:
    """All budgets of one side: of a participant, or of the coordinator's mirror (``organization`` None)."""

    organization: str | None
    scopes: tuple[Scope, ...]
    projects: Projects | None = None


def budget_of_coordinator(coordinator: Coordinator, federation_id: str) -> Budget:
    """The mirror of one federation."""
    coordinator.give_up_overdue(federation_id)
    rows = tuple(coordinator.charges(federation_id))
    return Budget(None, (Scope("federation", coordinator.cap(federation_id), rows),))


def budget_of_participant(participant: Participant, database: Database, now: float) -> Budget:
    """What one participant's own ledger holds of one federation, of all, and of its projects."""
    participant.give_up_overdue()
    with database.reading() as connection:
        caps = participant.caps(connection, now)
        own = tuple(charges.charges(connection, caps.federation.scope))
        every = tuple(charges.charges(connection))
        by_project = charges.spent_by_project(connection, since_us=caps.everything.since_us)
    everything = Scope("all federations", caps.everything, every)
    projects = _projects(caps.project, list(by_project.values()), everything.last)
    return Budget(participant.name, (Scope("federation", caps.federation, own), everything), projects)


def _summed(rows: Iterable[ChargeRow]) -> tuple[float, float]:
    """The plain sums of epsilon and delta."""
    found = [row.charge for row in rows]
    epsilon = sum(charge.epsilon_micro for charge in found) / EPSILON_UNIT
    return epsilon, sum(charge.delta_e15 for charge in found) / DELTA_UNIT


def _projects(cap: Cap | None, spent: Sequence[Spent], last: ChargeRow | None) -> Projects:
    exhausted = 0
    if cap is not None and last is not None:
        limits, loss = limits_of(cap), loss_of(last.charge)
        exhausted = sum(not tracks(limits, one, loss) for one in spent)
    most = max(spent, key=lambda one: one.epsilon_micro, default=Spent())
    return Projects(cap, len(spent), exhausted, most.epsilon_micro / EPSILON_UNIT, most.delta_e15 / DELTA_UNIT)
