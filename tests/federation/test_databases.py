"""Where each side keeps its state: files under the home, or schemas of its own in the databases that were chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from fedlore.federation.home import COORDINATOR_DATABASE, PARTICIPANT_DATABASE, Home, HomeError
from fedlore.federation.machine import Machine
from fedlore.federation.policy import policy_of
from tests.federation.making import TERMS
from tests.postgres import Server
from tests.repositories import make_organisations


def _home(monkeypatch: pytest.MonkeyPatch, folder: Path, coordinator: str = "", participant: str = "") -> Home:
    monkeypatch.setenv("FEDLORE_HOME", str(folder))
    monkeypatch.setenv(COORDINATOR_DATABASE, coordinator)
    monkeypatch.setenv(PARTICIPANT_DATABASE, participant)
    return Home.default()


def test_a_federation_lives_in_postgresql_with_a_schema_for_each_side(
    tmp_path: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = postgres.new_prefix()
    url = postgres.url(prefix)
    machine = Machine(_home(monkeypatch, tmp_path / "home", url, url), jobs=1)
    assert machine.federations() == []
    federation = machine.create(TERMS, ["team1"])
    (folder,) = make_organisations(tmp_path, 1, 1, "word", seed=3, now=1_760_000_000)
    repository = next(path.parent for path in folder.rglob(".git"))
    joining = machine.join(federation, "team1", [repository], policy=policy_of(TERMS))
    assert joining.reasons == ()
    again = Machine(Home.default(), jobs=1)
    assert again.federations() == [federation]
    assert again.paths(federation, "team1") == [repository.resolve()]
    assert list(again.links(federation)) == ["team1"]
    schemas = postgres.run(f"SELECT nspname FROM pg_namespace WHERE nspname LIKE '{prefix}%' ORDER BY 1")  # noqa: S608
    assert schemas == [(f"{prefix}_coordinator",), (f"{prefix}_participant_team1",)]
    assert postgres.run("SELECT count(*) FROM members", schema=f"{prefix}_coordinator") == [(1,)]
    assert postgres.run("SELECT count(*) FROM memberships", schema=f"{prefix}_participant_team1") == [(1,)]
    files = {path.name for path in (tmp_path / "home").rglob("*.sqlite")}
    assert files == {"cache.sqlite"}


def test_without_a_choice_each_side_has_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = _home(monkeypatch, tmp_path)
    assert make_url(home.coordinator_url).database == str(tmp_path / "coordinator" / "coordinator.sqlite")
    assert make_url(home.participant_url("a")).database == str(tmp_path / "participants" / "a" / "participant.sqlite")
    assert not home.has_coordinator


def test_names_that_are_long_or_alike_get_schemas_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = _home(monkeypatch, tmp_path, participant="postgresql://host/db")
    names = ["a", "A", "a" * 64, "a" * 63 + "b", "a" * 40, "a.b", "a-b", "coordinator"]
    schemas = [make_url(home.participant_url(name)).query["schema"] for name in names]
    assert len(set(schemas)) == len(names)
    assert all(isinstance(schema, str) and len(schema) <= 63 for schema in schemas)
    assert schemas[0] == "fedlore_participant_a"


@pytest.mark.parametrize("wrong", ["sqlite:///x", "mysql://me:hunter2@host/db", "hunter2", "://hunter2"])
def test_what_is_no_postgresql_database_is_refused_without_its_secrets(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HomeError, match=f"{COORDINATOR_DATABASE} is not the URL of a PostgreSQL database") as refusal:
        _home(monkeypatch, tmp_path, wrong)
    assert "hunter2" not in str(refusal.value)


def test_a_home_does_not_show_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://me:hunter2@host/db"
    home = _home(monkeypatch, tmp_path, url, url)
    assert "hunter2" not in repr(home)
    assert "hunter2" in home.coordinator_url
