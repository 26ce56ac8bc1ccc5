"""B3: a database restored from an old backup is found by whoever kept the head of its log."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fedlore.govern.audit.entry import AuditError
from fedlore.privacy.ledger import Charge
from fedlore.store import audit, ledger
from fedlore.store.database import Database


def test_yesterday_s_backup_does_not_verify_against_today_s_head(tmp_path: Path) -> None:
    live, backup = tmp_path / "ledger.db", tmp_path / "backup.db"
    _reserve(live, "yesterday")
    shutil.copy(live, backup)
    _reserve(live, "today")
    with Database(f"sqlite:///{live}").reading() as connection:
        kept = audit.verify(connection)
    shutil.copy(backup, live)
    restored = Database(f"sqlite:///{live}")
    with restored.reading() as connection:
        assert audit.verify(connection).index == 1
        with pytest.raises(AuditError, match="rolled back"):
            audit.verify(connection, known=[kept])
    restored.close()
    _reserve(live, "instead")
    with Database(f"sqlite:///{live}").reading() as connection, pytest.raises(AuditError, match="forked"):
        audit.verify(connection, known=[kept])


def _reserve(path: Path, operation: str) -> None:
    database = Database(f"sqlite:///{path}")
    with database.transaction() as connection:
        ledger.reserve(connection, operation_id=operation, scope="s", charge=Charge(1, 0), caps=[], now=1.0)
    database.close()
