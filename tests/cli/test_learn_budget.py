"""What `learn` pays: what it prints is what the ledgers say, and two rounds are begun only where both can be paid."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from fedlore.cli.common import Acting, acting_for
from fedlore.cli.main import run
from fedlore.federation.machine import Machine
from fedlore.privacy.ledger import Charge
from fedlore.store import charges, ledger
from fedlore.store.database import Database

CLIPPED = ["learn", "patterns", "--cross-project", "--adaptive-clipping", "--type", "communication_anti_patterns"]
CLIPPED += ["--privacy-budget", "epsilon=4,delta=1e-6"]


@pytest.fixture
def machine(
    organisations: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Machine:
    """A federation of six on the low level: epsilon 16 a year."""
    monkeypatch.setenv("FEDLORE_HOME", str(tmp_path / "home"))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    names = ",".join(place.name for place in organisations)
    assert run(["federation", "create", "--participants", names, "--privacy-level", "low"]) == 0
    made = Machine()
    for place in organisations:
        join = ["federation", "join", "--consortium-id", made.chosen(None), "--organization", place.name]
        assert run([*join, "--repositories", str(place)]) == 0
    capsys.readouterr()
    return made


def _spend(database: Database, scope: str, epsilon_micro: int) -> None:
    with database.transaction() as connection:
        asked = {"operation_id": "before", "scope": scope, "charge": Charge(epsilon_micro, 0), "caps": []}
        ledger.reserve(connection, **asked, now=time.time())


def _void(database: Database) -> None:
    with database.transaction() as connection:
        ledger.void(connection, "before", time.time())


def _rounds(database: Database) -> list[tuple[int, int]]:
    with database.reading() as connection:
        rows = [row for row in charges.charges(connection) if row.operation_id != "before" and row.standing]
        return [(row.charge.epsilon_micro, row.charge.delta_e15) for row in rows]


def test_two_rounds_are_begun_only_where_both_can_be_paid_and_the_price_printed_is_the_ledgers(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    federation = machine.chosen(None)
    mirror, member = Database(machine.home.coordinator_url), machine.database("org2")
    # The fifth would fit, in the mirror or in a member's own ledger, and the rest beside it would not.
    for database, scope, word in ((mirror, federation, "left in"), (member, "elsewhere", "org2 takes no part")):
        _spend(database, scope, 13_000_000)
        assert run(CLIPPED) == 5
        printed = capsys.readouterr()
        assert printed.out == ""
        assert word in printed.err
        assert "closer clipping takes two rounds" in printed.err or database is mirror
        assert "left in all" not in printed.err  # what is left of a member's own is for itself
        assert [_rounds(one) for one in (mirror, member, machine.database("org1"))] == [[], [], []]
        if database is mirror:
            _void(database)
    assert run([*CLIPPED, "--organization", "org2"]) == 5
    assert "note: org2 takes no part in round" in (said := capsys.readouterr().err)
    assert "left in all" in said
    _void(member)

    assert run([*CLIPPED, "--format", "json"]) == 0
    learned = json.loads(capsys.readouterr().out)
    paid = _rounds(member)
    assert len(paid) == 2
    assert learned["epsilon"] == sum(epsilon for epsilon, _ in paid) / 1e6 == 4.0
    assert learned["delta"] == sum(delta for _, delta in paid) / 1e15

    one = ["learn", "patterns", "--cross-project", "--measure", "workflow.ci"]
    assert run([*one, "--privacy-budget", "epsilon=3,delta=1e-6", "--dry-run", "--format", "json"]) == 0
    dry = json.loads(capsys.readouterr().out)
    assert dry["plan"]["mechanism"] == "discrete laplace"  # which leaves nearly all of the delta that is offered
    assert run([*one, "--privacy-budget", "epsilon=3,delta=1e-6"]) == 0
    (delta,) = [delta for epsilon, delta in _rounds(member) if epsilon == 3_000_000]
    assert delta < 1_000
    assert f"spent epsilon 3, delta {delta / 1e15:.3g} (" in capsys.readouterr().out
    assert f"delta {delta / 1e15:g} of your budget" in dry["words"]


def test_more_than_the_years_cap_is_refused_with_what_is_left_and_an_amount_is_given_once(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    _spend(Database(machine.home.coordinator_url), machine.chosen(None), 12_000_000)
    ask = ["learn", "patterns", "--cross-project", "--privacy-budget"]
    assert run([*ask, "epsilon=17"]) == 5
    assert "epsilon 4 and delta" in capsys.readouterr().err
    assert run([*ask, "epsilon=1,epsilon=2"]) == 2
    assert "epsilon is given twice" in capsys.readouterr().err


def test_a_folder_above_the_repositories_of_several_members_is_nobodys(
    machine: Machine, organisations: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    above, one = organisations[0].parent, organisations[0]
    assert all(place.parent == above for place in organisations)
    monkeypatch.chdir(one)
    assert acting_for(machine, None, None) == Acting(machine.chosen(None), one.name)
    monkeypatch.chdir(above)
    assert acting_for(machine, None, None) is None
    assert acting_for(machine, None, one.name) == Acting(machine.chosen(None), one.name)
