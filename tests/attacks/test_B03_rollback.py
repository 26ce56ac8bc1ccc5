"""B3: a database restored from an old backup is found by whoever kept the head of its log."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest

from fedlore.federation.participant import charge_of
from fedlore.federation.rounds import run_round
from fedlore.govern.audit.entry import AuditError
from fedlore.privacy.ledger import Charge
from fedlore.store import audit, ledger
from fedlore.store.database import Database
from tests.federation.making import Store, make_world, planned, some_features
from tests.postgres import Server


class Backups(Protocol):
    """Stores, of which backups are taken and brought back."""

    store: Store

    def take(self, name: str) -> None: ...
    def restore(self, name: str) -> None: ...
    def remove(self, name: str) -> None: ...


class Files:
    """SQLite files, copied with what is still in their logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: dict[str, bytes] = {}

    def store(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.sqlite"

    def take(self, name: str) -> None:
        self.kept = {file.name: file.read_bytes() for file in self.folder.glob(f"{name}.sqlite*")}

    def restore(self, name: str) -> None:
        self.remove(name)
        for file, content in self.kept.items():
            (self.folder / file).write_bytes(content)

    def remove(self, name: str) -> None:
        for leftover in self.folder.glob(f"{name}.sqlite*"):
            leftover.unlink()


class Schemas:
    """Schemas of PostgreSQL, dumped and restored."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.prefix = server.new_prefix()
        self.dump = ""

    def store(self, name: str) -> str:
        return self.server.url(self.prefix + name)

    def take(self, name: str) -> None:
        self.dump = self.server.dump(self.prefix + name)

    def restore(self, name: str) -> None:
        self.remove(name)
        self.server.restore(self.dump)

    def remove(self, name: str) -> None:
        self.server.run(f'DROP SCHEMA "{self.prefix + name}" CASCADE')


@pytest.fixture(params=["sqlite", "postgresql"])
def backups(request: pytest.FixtureRequest, tmp_path: Path) -> Backups:
    return Files(tmp_path) if request.param == "sqlite" else Schemas(request.getfixturevalue("postgres"))


def test_yesterday_s_backup_does_not_verify_against_today_s_head(backups: Backups) -> None:
    live = backups.store("ledger")
    _reserve(live, "yesterday")
    backups.take("ledger")
    _reserve(live, "today")
    with Database(live).reading() as connection:
        kept = audit.verify(connection)
    backups.restore("ledger")
    restored = Database(live)
    with restored.reading() as connection:
        assert audit.verify(connection).index == 1
        with pytest.raises(AuditError, match="rolled back"):
            audit.verify(connection, known=[kept])
    restored.close()
    _reserve(live, "instead")
    with Database(live).reading() as connection, pytest.raises(AuditError, match="forked"):
        audit.verify(connection, known=[kept])


def _reserve(url: str, operation: str) -> None:
    database = Database(url)
    with database.transaction() as connection:
        ledger.reserve(connection, operation_id=operation, scope="s", charge=Charge(1, 0), caps=[], now=1.0)
    database.close()


@pytest.mark.parametrize("whose", ["coordinator", "org1"])
def test_a_store_restored_from_a_backup_is_noticed_by_the_other_side_before_anything_is_spent(
    tmp_path: Path, backups: Backups, whose: str
) -> None:
    features = some_features(3, 60, seed=16)
    world = make_world(tmp_path, features, store=backups.store)

    def run(turn: int) -> None:
        again = make_world(tmp_path, features, store=backups.store)
        plan = planned(again, f"round-{turn}").plan
        run_round(again.coordinator, again.links, plan, config={}, charge=charge_of(plan))

    run(1)
    backups.take(whose)
    run(2)
    backups.restore(whose)
    with pytest.raises(AuditError, match=r"restored from a backup|rolled back"):
        run(3)
    with world.database("org0").reading() as connection:
        assert ledger.totals(connection).epsilon_micro == 8_000_000


def test_a_log_that_was_rolled_back_and_has_grown_again_is_noticed(tmp_path: Path, backups: Backups) -> None:
    features = some_features(3, 60, seed=17)
    world = make_world(tmp_path, features, store=backups.store)
    plan = planned(world, "round-1").plan
    run_round(world.coordinator, world.links, plan, config={}, charge=charge_of(plan))
    backups.remove("org1")
    fresh = Database(backups.store("org1"))
    for turn in range(6):
        with fresh.transaction() as connection:
            other = Charge(1, 0, {})
            ledger.reserve(connection, operation_id=f"op{turn}", scope="other", charge=other, caps=[], now=turn)
    again = make_world(tmp_path, features, store=backups.store)
    second = planned(again, "round-2").plan
    with pytest.raises(AuditError):
        run_round(again.coordinator, again.links, second, config={}, charge=charge_of(second))
