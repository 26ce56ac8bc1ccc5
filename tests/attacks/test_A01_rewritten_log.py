"""A1, A2: somebody with the database file in hand rewrites the log; verification says so."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from fedlore.govern.audit.entry import AuditError, Head
from fedlore.privacy.ledger import Charge
from fedlore.store import audit, ledger
from fedlore.store.database import Database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    database = Database(f"sqlite:///{path}")
    for n in range(4):
        with database.transaction() as connection:
            ledger.reserve(connection, operation_id=f"op{n}", scope="s", charge=Charge(n + 1, 0), caps=[], now=float(n))
    database.close()
    return path


def _verify(path: Path, known: list[Head]) -> Head:
    with Database(f"sqlite:///{path}").reading() as connection:
        return audit.verify(connection, known=known)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET body = replace(body, 'micro\":2', 'micro\":1') WHERE entry_index = 2",
        "UPDATE audit_entries SET time_us = time_us + 1 WHERE entry_index = 4",
        "UPDATE audit_entries SET kind = 'budget.void' WHERE entry_index = 1",
        "DELETE FROM audit_entries WHERE entry_index = 2",
        "DELETE FROM audit_entries WHERE entry_index = 1",
        "UPDATE audit_entries SET entry_index = 9 WHERE entry_index = 3",
        "INSERT INTO audit_entries SELECT 5, entry_hash, 1, kind, body, hex(randomblob(32)) FROM audit_entries "
        "WHERE entry_index = 4",
    ],
)
def test_an_entry_edited_deleted_moved_or_added_by_hand_is_found(path: Path, statement: str) -> None:
    assert _verify(path, []).index == 4
    _by_hand(path, statement)
    with pytest.raises(AuditError):
        _verify(path, [])


def test_a_tail_cut_by_hand_is_found_by_whoever_kept_the_head(path: Path) -> None:
    kept = _verify(path, [])
    _by_hand(path, "DELETE FROM audit_entries WHERE entry_index > 2")
    assert _verify(path, []).index == 2
    with pytest.raises(AuditError, match="rolled back"):
        _verify(path, [kept])


def _by_hand(path: Path, statement: str) -> None:
    raw = sqlite3.connect(path)
    with raw:
        for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {trigger}")
        changed = raw.execute(statement).rowcount
    raw.close()
    assert changed >= 1
