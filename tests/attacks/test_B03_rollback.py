"""B3: a database restored from an old backup is found by whoever kept the head of its log."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fedlore.federation.participant import charge_of
from fedlore.federation.rounds import run_round
from fedlore.govern.audit.entry import AuditError
from fedlore.privacy.ledger import Charge
from fedlore.store import audit, ledger
from fedlore.store.database import Database
from tests.federation.making import make_world, planned, some_features


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


def _restored(path: Path, backup: dict[str, bytes]) -> None:
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()
    for name, content in backup.items():
        (path.parent / name).write_bytes(content)


@pytest.mark.parametrize("whose", ["coordinator", "org1"])
def test_a_store_restored_from_a_backup_is_noticed_by_the_other_side_before_anything_is_spent(
    tmp_path: Path, whose: str
) -> None:
    features = some_features(3, 60, seed=16)
    world = make_world(tmp_path, features)

    def run(turn: int) -> None:
        again = make_world(tmp_path, features)
        plan = planned(again, f"round-{turn}").plan
        run_round(again.coordinator, again.links, plan, config={}, charge=charge_of(plan))

    run(1)
    path = tmp_path / f"{whose}.sqlite"
    backup = {file.name: file.read_bytes() for file in tmp_path.glob(f"{path.name}*")}
    run(2)
    _restored(path, backup)
    with pytest.raises(AuditError, match=r"restored from a backup|rolled back"):
        run(3)
    with world.database("org0").reading() as connection:
        assert ledger.totals(connection).epsilon_micro == 8_000_000


def test_a_log_that_was_rolled_back_and_has_grown_again_is_noticed(tmp_path: Path) -> None:
    features = some_features(3, 60, seed=17)
    world = make_world(tmp_path, features)
    plan = planned(world, "round-1").plan
    run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    _restored(tmp_path / "org1.sqlite", {})
    fresh = Database(f"sqlite:///{tmp_path / 'org1.sqlite'}")
    for turn in range(6):
        with fresh.transaction() as connection:
            other = Charge(1, 0, {})
            ledger.reserve(connection, operation_id=f"op{turn}", scope="other", charge=other, caps=[], now=turn)
    again = make_world(tmp_path, features)
    second = planned(again, "round-2").plan
    with pytest.raises(AuditError):
        run_round(again.coordinator, again.links, second, config={}, charge=charge_of(second))
