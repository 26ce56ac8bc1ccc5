"""A database of an older version is taken forward whole or not at all, and keeps what was logged and spent."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from fedlore.privacy.ledger import Charge, OperationConflict
from fedlore.store import audit, ledger, migrations
from fedlore.store.database import Database, DatabaseError
from fedlore.store.migrations import SCHEMA_VERSION, Step
from tests.attacks.racing import together

VERSION_1 = Path(__file__).with_name("version_1.sql").read_text()
COLUMNS = (
    "operation_id, scope, state, epsilon_micro, delta_e15, actual_epsilon_micro, actual_delta_e15, event, "
    "reserved_at_us, settled_at_us"
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of version 1 with a charge in each state and a log."""
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as raw:
        raw.executescript(VERSION_1)
        raw.executemany(
            f"INSERT INTO charges ({COLUMNS}) VALUES (?, 's', ?, 5, 1, ?, ?, '{{}}', 1000000, ?)",  # noqa: S608
            [("open", "reserved", None, None, None), ("paid", "committed", 4, 0, 2), ("gone", "void", None, None, 3)],
        )
        entry = audit.make_entry(audit.Head(), time_us=1, kind="budget.reserved", body={"operation_id": "open"})
        log = (entry.index, entry.previous, entry.time_us, entry.kind, '{"operation_id":"open"}', entry.hash)
        raw.execute("INSERT INTO audit_entries VALUES (?, ?, ?, ?, ?, ?)", log)
    raw.close()
    return path


def test_a_store_of_version_1_keeps_its_charges_and_its_log(old: Path) -> None:
    database = Database(f"sqlite:///{old}")
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == SCHEMA_VERSION > 1
        assert {row.operation_id: (row.state, row.expires_at_us) for row in ledger.charges(connection)} == {
            "gone": ("void", 0),
            "open": ("reserved", 0),
            "paid": ("committed", 0),
        }
        assert ledger.totals(connection).epsilon_micro == 9
        assert audit.verify(connection).index == 1
    with database.transaction() as connection:
        ledger.commit(connection, "open", 9.0)
        charge = Charge(1, 0)
        ledger.reserve(connection, operation_id="new", scope="s", charge=charge, caps=[], now=9.0, expires=10.0)
        ledger.expire(connection, "new", 11.0)
    with pytest.raises(OperationConflict), database.transaction() as connection:
        ledger.commit(connection, "new", 12.0)
    for statement in ("DELETE FROM charges", "UPDATE charges SET scope = 'x'", "DELETE FROM audit_entries"):
        with pytest.raises(IntegrityError), database.transaction() as connection:
            connection.exec_driver_sql(statement)


def test_what_is_taken_forward_is_what_is_made_today(old: Path, tmp_path: Path) -> None:
    for path in (old, tmp_path / "new.sqlite"):
        with Database(f"sqlite:///{path}").reading():
            pass
    assert _schema(old) == _schema(tmp_path / "new.sqlite")
    assert len(_schema(old)) > 20


def test_a_crash_between_any_two_statements_leaves_the_old_store(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _schema(old)
    (step,) = [step for step in migrations.STEPS if step.version == 2]
    for length in range(len(step.sqlite)):
        broken = Step(2, "charges", (*step.sqlite[:length], "SELECT * FROM nowhere"), ())
        monkeypatch.setattr(migrations.migrate, "__defaults__", ((broken,),))
        with pytest.raises(DatabaseError, match="nowhere"), Database(f"sqlite:///{old}").reading():
            pass
        assert _schema(old) == before
    with sqlite3.connect(old) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (1,)
    raw.close()


def test_processes_that_come_at_once_take_it_forward_once(old: Path) -> None:
    assert together(_count, [(f"sqlite:///{old}",)] * 6) == [3] * 6
    assert len([name for kind, name, _ in _schema(old) if kind == "table" and name.startswith("charges")]) == 1


def _count(url: str) -> int:
    with Database(url).reading() as connection:
        return len(ledger.charges(connection))


def test_steps_go_forward_in_order_and_each_is_done_once(
    store_url: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = store_url("ledger")
    with Database(url).transaction() as connection:
        ledger.reserve(connection, operation_id="a", scope="s", charge=Charge(1, 0), caps=[], now=1.0)
    ahead, further = SCHEMA_VERSION + 1, SCHEMA_VERSION + 2
    add = ("ALTER TABLE budgets ADD COLUMN more INTEGER",)
    rename = ("ALTER TABLE budgets RENAME COLUMN more TO most",)
    later = (
        Step(ahead, "budgets", add, add),
        Step(ahead, "nowhere", ("x",), ("x",)),
        Step(further, "budgets", rename, rename),
    )
    monkeypatch.setattr(migrations.migrate, "__defaults__", ((*migrations.STEPS, *later),))
    monkeypatch.setattr("fedlore.store.database.SCHEMA_VERSION", further)
    for _ in range(2):
        with Database(url).reading() as connection:
            assert connection.exec_driver_sql("SELECT most FROM budgets").fetchall() == []
            assert [row.operation_id for row in ledger.charges(connection)] == ["a"]
    monkeypatch.undo()
    refusal = f"schema version {further}; this fedlore reads {SCHEMA_VERSION}"
    with pytest.raises(DatabaseError, match=refusal), Database(url).reading():
        pass


def test_a_process_that_runs_on_when_the_schema_has_moved_is_refused(
    store_url: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = store_url("ledger")
    running = Database(url)
    with running.reading():
        pass
    monkeypatch.setattr("fedlore.store.database.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with Database(url).reading():
        pass
    monkeypatch.undo()
    with pytest.raises(DatabaseError, match="this fedlore reads"), running.transaction():
        pass


def test_the_steps_are_in_order() -> None:
    versions = [step.version for step in migrations.STEPS]
    assert versions == sorted(versions)
    assert versions[0] == 2


def _schema(path: Path) -> set[tuple[str, str, str]]:
    """Every table, index and trigger, spelled alike."""
    with sqlite3.connect(path) as raw:
        rows = raw.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    raw.close()
    return {
        (kind, name, re.sub(r'[\s"]+', " ", sql).replace("( ", "(").replace(" )", ")").strip())
        for kind, name, sql in rows
    }
