"""What the attacks on the ledger run in processes of their own."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from sqlalchemy import Engine, event

from fedlore.privacy.ledger import BudgetExceeded, Cap, Charge
from fedlore.store import audit, ledger
from fedlore.store.database import Database
from fedlore.tracker import PrivacyBudgetTracker

WAIT_SECONDS = 60
TENTH = Charge(100_000, 10**8, {"mechanism": "test"})
CAP = Cap("scope", 1_000_000, 10**10)
CRASHED = 17

PROCESSES = multiprocessing.get_context("fork")


def together(work: Callable[..., int], arguments: list[tuple[Any, ...]]) -> list[int]:
    """Run ``work`` in one process for each tuple of arguments, all at the same moment; what each returned."""
    barrier = PROCESSES.Barrier(len(arguments))
    pipes = [PROCESSES.Pipe(duplex=False) for _ in arguments]
    running = [
        PROCESSES.Process(target=_report, args=(work, given, barrier, sender))
        for given, (_, sender) in zip(arguments, pipes, strict=True)
    ]
    for process in running:
        process.start()
    for _, sender in pipes:
        sender.close()
    found = [receiver.recv() if receiver.poll(WAIT_SECONDS) else -1 for receiver, _ in pipes]
    for process, (receiver, _) in zip(running, pipes, strict=True):
        process.join(WAIT_SECONDS)
        receiver.close()
    return found


def _report(work: Callable[..., int], given: tuple[Any, ...], barrier: Barrier, sender: Connection) -> None:
    barrier.wait(WAIT_SECONDS)
    sender.send(work(*given))


def reserve_many(url: str, name: str, tries: int) -> int:
    """Try to reserve a tenth of the cap again and again; how often it was granted."""
    database, granted = Database(url), 0
    for n in range(tries):
        try:
            with database.transaction() as connection:
                ledger.reserve(connection, operation_id=f"{name}.{n}", scope="scope", charge=TENTH, caps=[CAP], now=1.0)
            granted += 1
        except BudgetExceeded:
            pass
    return granted


def allocate_many(url: str, name: str, tries: int) -> int:
    """The same through the tracker; each grant is consumed at once."""

    async def run() -> int:
        budget, granted = PrivacyBudgetTracker(1.0, 1e-5, url=url), 0
        for n in range(tries):
            grant = await budget.allocate_budget(f"{name}.{n}", 0.1, 0.0)
            if grant["allocation_successful"]:
                granted += 1
                await budget.consume_budget(f"{name}.{n}", 0.1, 0.0)
        return granted

    return asyncio.run(run())


def reserve_and_commit_one(url: str) -> int:
    """Reserve and commit the one operation that everybody is asked to do."""
    database = Database(url)
    with database.transaction() as connection:
        ledger.reserve(connection, operation_id="one", scope="scope", charge=TENTH, caps=[CAP], now=1.0)
    with database.transaction() as connection:
        ledger.commit(connection, "one", 2.0)
    return 1


def crash_at(url: str, operation: str, statement: int) -> None:
    """Reserve and commit in two transactions; die just before the given statement or commit is done."""
    database = Database(url)
    with database.reading() as connection:
        audit.head(connection)  # the schema is there before the statements are counted
    left = iter(range(statement - 1, -1, -1))

    def count(*_: object) -> None:
        if next(left, 1) == 0:
            os._exit(CRASHED)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)
    with database.transaction() as connection:
        ledger.reserve(connection, operation_id=operation, scope="scope", charge=Charge(1, 0), caps=[CAP], now=1.0)
    with database.transaction() as connection:
        ledger.commit(connection, operation, 2.0)


def work_until_killed(url: str, name: str, sender: Connection) -> None:
    """Reserve, commit and void without end, and report each change after it is kept."""
    database = Database(url)
    for n in range(1_000_000):
        operation = f"{name}.{n}"
        with database.transaction() as connection:
            ledger.reserve(connection, operation_id=operation, scope="scope", charge=Charge(3, 2), caps=[CAP], now=n)
        sender.send((operation, "reserved"))
        settle, state = (ledger.void, "void") if n % 3 == 0 else (ledger.commit, "committed")
        with database.transaction() as connection:
            settle(connection, operation, n + 0.5)
        sender.send((operation, state))


def check_consistent(url: str) -> dict[str, str]:
    """The state of each charge, once sums, log and rows agree by the database's own reckoning."""
    database = Database(url)
    with database.reading() as connection:
        head = audit.verify(connection)
        totals = ledger.totals(connection, "scope")
        last = {str(e.body["operation_id"]): e.kind.removeprefix("budget.") for e in audit.entries(connection)}
        columns = "operation_id, state, epsilon_micro, actual_epsilon_micro"
        rows = connection.exec_driver_sql(f"SELECT {columns} FROM charges").fetchall()  # noqa: S608
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    database.close()
    assert totals.epsilon_micro == sum(row[2] if row[1] == "reserved" else row[3] or 0 for row in rows)
    states = {row[0]: row[1] for row in rows}
    assert states == last
    assert head.index == sum(1 if state == "reserved" else 2 for state in states.values())
    return states
