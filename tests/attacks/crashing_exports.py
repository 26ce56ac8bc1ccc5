"""Kill a process at one statement of an export after another, and look at what its ledger says afterwards.

Run as a program: ``python -m tests.attacks.crashing_exports FOLDER STRIDE [URL]`` prints a JSON object, as `crashing`
does. The rows are made of the system's randomness and not of a model: what is crashed is how they are paid for.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

from fedlore.catalogue.errors import FedloreError
from fedlore.federation import exporting
from fedlore.federation.exporting import Order, export_synthetic
from fedlore.federation.participant import Tools
from fedlore.federation.policy import Policy
from fedlore.privacy.ledger import RESERVATION_SECONDS, OperationConflict
from fedlore.privacy.synthetic.spending import budget_for
from fedlore.privacy.synthetic.table import Column, Table
from fedlore.store import audit, charges, contributions, exports, ledger
from fedlore.store.contributions import MembershipRow
from fedlore.store.database import Database
from fedlore.store.exports import ExportRow
from tests.attacks.crashing import Point, Tracer

FEDERATION, OPERATION, NOW = "federation", "export", 1_800_000_000.0
PRICE = 10**6
ORDER = Order(OPERATION, "projects", "csv", budget_for(PRICE, 10**10))
REAL = Table((Column("c", ("no", "yes")),), np.zeros((3, 1), dtype=np.int64))
PROJECTS = frozenset({"a", "b"})


def open_store(folder: Path, url: str | None) -> Database:
    """The participant's store of one attempt, made or opened again; each project may be part of one such export."""
    database = Database(url.format(folder.name) if url else f"sqlite:///{folder}.sqlite")
    policy = Policy(project_epsilon_micro=PRICE, project_delta_e15=10**10)
    with database.transaction() as connection:
        row = MembershipRow(FEDERATION, b"", policy.as_dict(), NOW - 1)
        contributions.set_membership(connection, row, [])
    return database


def export(database: Database, now: float = NOW) -> bytes:
    """The file that the operation gives."""
    tools = Tools(lambda: now, os.urandom)
    return export_synthetic(database, FEDERATION, ORDER, REAL, tools, lambda: 0.0, PROJECTS).content


def _fresh(order: Order, _real: Table, tools: Tools, _elapsed: object) -> ExportRow:
    return ExportRow(order.operation_id, tools.randomness(16), "{}")


def traced(database: Database, target: Point | None) -> Tracer:
    """One export; killed before the statement ``target`` if it comes to it."""
    tracer = Tracer(target)
    sys.settrace(tracer)
    export(database)
    sys.settrace(None)
    return tracer


def killed(folder: Path, target: Point, url: str | None) -> bool:
    """Run an export in a child process; whether it was killed on the way."""
    child = os.fork()
    if child == 0:
        traced(open_store(folder, url), target)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def state_of(database: Database) -> tuple[str, bytes | None]:
    """The operation's state in a ledger that is consistent, and the bytes that are kept of it."""
    with database.reading() as connection:
        audit.verify(connection)
        row = charges.find_charge(connection, OPERATION)
        kept = exports.find_export(connection, OPERATION)
    return "nothing" if row is None else row.state, None if kept is None else kept.content


def wrong_when_asked_again(database: Database, before: bytes | None) -> list[str]:
    """A retry must be paid once, for the same bytes each time: those that were kept before, if any were."""
    found = []
    first, second = export(database), export(database)
    if second != first or before not in {None, first}:
        found.append("a retry got other bytes")
    with database.reading() as connection:
        if charges.totals(connection) != charges.Totals(0, 0, PRICE, 10**10):
            found.append("a retry was not paid once")
        if set(charges.projects_of(connection, OPERATION)) != PROJECTS:
            found.append("the charge does not say what it covered")
    return found


def wrong_when_left(database: Database, state: str) -> list[str]:
    """What was never finished must expire, cost nothing, and never be finished; what was finished must stay."""
    exporting.give_up_overdue(database, NOW + RESERVATION_SECONDS)
    after, kept = state_of(database)
    if after != {"reserved": "expired"}.get(state, state) or (kept is None) != (after != "committed"):
        return [f"what was {state} is {after} after a week"]
    if state != "reserved":
        return []
    found = []
    try:
        export(database, NOW + RESERVATION_SECONDS)
        found.append("an expired operation was finished")
    except OperationConflict:
        pass
    try:
        with database.transaction() as connection:
            ledger.commit(connection, OPERATION, NOW)
        found.append("an expired charge was committed")
    except FedloreError:
        pass
    with database.reading() as connection:
        if charges.totals(connection).epsilon_micro or exports.find_export(connection, OPERATION) is not None:
            found.append("an expired operation costs or keeps something")
    return found


def try_point(folder: Path, target: Point, url: str | None, again: bool) -> dict[str, Any]:
    """Crash there; then ask again, or let a week pass."""
    open_store(folder, url)
    crashed = killed(folder, target, url)
    database = open_store(folder, url)
    state, kept = state_of(database)
    faults = [] if (kept is None) == (state != "committed") else [f"{state}, and the bytes do not go with it"]
    faults += wrong_when_asked_again(database, kept) if again else wrong_when_left(database, state)
    database.close()
    return {"target": target, "crashed": crashed, "state": state, "faults": faults}


def main(folder: Path, stride: int, url: str | None) -> None:
    folder.mkdir(exist_ok=True)
    exporting.load_mbi = lambda: None  # type: ignore[assignment]
    exporting._made = _fresh
    whole = open_store(folder / "whole", url)
    seen = traced(whole, None).seen
    points = [(*place, turn) for place, count in seen.items() for turn in sorted({1, count})]
    tried = [
        try_point(folder / f"{index}_{again}", point, url, again)
        for index, point in enumerate(points[::-stride])  # from the last on, which comes after the charge is final
        for again in (True, False)
    ]
    print(json.dumps({"statements": len(points), "tried": tried}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
