"""A project is the same to its owner's ledger wherever its history lies, and its budget is set when joining."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from fedlore.cli.main import run
from fedlore.federation.home import Home
from fedlore.federation.identity import load_identity
from fedlore.federation.machine import Machine, fingerprints_of
from fedlore.federation.policy import Policy
from fedlore.observe.project import Observed, observe_project
from fedlore.privacy.ledger import BudgetExceeded, Cap, Charge
from fedlore.store import contributions, kin, ledger
from fedlore.store.charges import projects_of, spent_by_project
from fedlore.store.database import Database
from tests.federation.making import TERMS
from tests.repositories import Project, make_repository

NOW = 1_760_000_000


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    project = Project(ci=True, tests=True, typed=False, bare_except=False, last=NOW - 86_400)
    make_repository(tmp_path / "mine" / "one", project, "word", random.Random(1))
    return tmp_path / "mine" / "one"


def test_a_copy_that_has_grown_is_the_same_project_and_another_is_not(repository: Path, tmp_path: Path) -> None:
    copy, other = tmp_path / "copy", tmp_path / "other"
    shutil.copytree(repository, copy)
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    more = ["git", "-C", str(copy), *author, "commit", "-q", "--allow-empty", "-m", "more"]
    subprocess.run(more, check=True)
    project = Project(ci=True, tests=True, typed=False, bare_except=False, last=NOW - 86_400)
    make_repository(other, project, "else", random.Random(2))
    seen = {path: observe_project(path, as_of=NOW) for path in (repository, copy, other)}
    assert seen[repository].origins == seen[copy].origins != seen[other].origins
    assert seen[repository].head != seen[copy].head
    mine, theirs = load_identity(tmp_path / "a.key"), load_identity(tmp_path / "b.key")
    named = {path: fingerprints_of(found, mine)[0] for path, found in seen.items()}
    assert named[repository] == named[copy] != named[other]
    assert named[repository] != fingerprints_of(seen[repository], theirs)[0]
    assert re.fullmatch("[0-9a-f]{64}", named[repository])
    assert seen[repository].origins[0] not in named[repository]
    paths = [fingerprints_of(Observed(Path(name), {}), mine)[0] for name in ("/a", "/a", "/b")]
    assert paths[0] == paths[1] != paths[2]


def test_copies_at_different_commits_count_once(repository: Path, tmp_path: Path) -> None:
    """Noise and ledger are for one project, so no more than one may be added."""
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for name in ("ahead", "behind"):
        shutil.copytree(repository, tmp_path / "mine" / name)
    move = ["git", "-C", str(tmp_path / "mine" / "ahead"), *author, "commit", "-q", "--allow-empty", "-m", "more"]
    subprocess.run(move, check=True)
    subprocess.run(["git", "-C", str(tmp_path / "mine" / "behind"), "reset", "-q", "--hard", "HEAD~1"], check=True)
    machine = Machine(Home(tmp_path / "home"), clock=lambda: NOW)
    federation_id = machine.create(TERMS, ["acme"])
    paths = [tmp_path / "mine" / name for name in ("one", "ahead", "behind")]
    joining = machine.join(federation_id, "acme", paths, policy=Policy())
    assert joining.projects == 1
    assert sum("a project counts once" in note for note in joining.notes) == 2
    (only,) = machine.named_projects(federation_id, "acme")
    assert only[0].path == (tmp_path / "mine" / "ahead").resolve()


def test_joining_sets_the_budget_of_each_project(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FEDLORE_HOME", str(tmp_path / "home"))
    assert run(["federation", "create", "--participants", "acme,other", "--privacy-level", "low"]) == 0
    (federation_id,) = Machine().federations()
    join = ["federation", "join", "--consortium-id", federation_id, "--repositories", str(repository)]
    capsys.readouterr()
    assert run([*join, "--organization", "acme", "--project-budget", "epsilon=x"]) == 2
    assert "--project-budget" in capsys.readouterr().err
    assert run([*join, "--organization", "acme", "--project-budget", "epsilon=4.0000009,delta=1e-5"]) == 0
    machine = Machine()
    with machine.database("acme").reading() as connection:
        (row,) = contributions.memberships_of(connection)
    policy = Policy.from_dict(row.terms)
    assert (policy.project_epsilon_micro, policy.project_delta_e15) == (4_000_000, 10**10)
    capsys.readouterr()
    assert run(["budget", "status", "--organization", "acme"]) == 0
    assert "cap epsilon 4, delta 1e-05 a year; 0 took part this year" in capsys.readouterr().out


def _git(path: Path, *arguments: str, when: int = NOW) -> None:
    stamp = {"GIT_COMMITTER_DATE": f"{when} +0000", "GIT_AUTHOR_DATE": f"{when} +0000"}
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(path), *author, *arguments], check=True, env={**os.environ, **stamp})


def _spent(machine: Machine, federation_id: str, prices: Mapping[str, int]) -> int:
    """What the only project has spent once each operation has covered it, as its owner's ledger knows it now."""
    for operation, price in prices.items():
        ((_, name),) = machine.named_projects(federation_id, "acme")
        with machine.database("acme").transaction() as connection:
            coverage = ledger.Coverage(frozenset({name}))
            charge = {"operation_id": operation, "scope": "s", "charge": Charge(price, 0), "caps": []}
            ledger.reserve(connection, **charge, now=NOW, coverage=coverage)
    ((_, name),) = machine.named_projects(federation_id, "acme")
    with machine.database("acme").reading() as connection:
        known = spent_by_project(connection)
        assert all(projects_of(connection, operation) == [name] for operation in prices)
    assert set(known) == {name}
    return known[name].epsilon_micro


def test_merging_an_older_history_does_not_begin_a_budget_anew(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDLORE_HOME", str(tmp_path / "home"))
    assert run(["federation", "create", "--participants", "acme", "--privacy-level", "low"]) == 0
    (federation_id,) = Machine().federations()
    join = ["federation", "join", "--consortium-id", federation_id, "--organization", "acme"]
    assert run([*join, "--repositories", str(repository)]) == 0
    assert _spent(Machine(), federation_id, {"one": 5}) == 5
    # Another project, older than all of the first, whose budget is spent by itself: then it becomes a part of it.
    other = tmp_path / "other"
    other.mkdir()
    _git(other, "init", "-q", "-b", "main")
    _git(other, "commit", "-q", "--allow-empty", "-m", "older", when=1_000_000_000)
    before = observe_project(repository, as_of=NOW)
    _git(repository, "read-tree", "HEAD")
    _git(repository, "fetch", "-q", str(other), "main")
    _git(repository, "merge", "-q", "--allow-unrelated-histories", "-s", "ours", "-m", "merge", "FETCH_HEAD")
    after = observe_project(repository, as_of=NOW)
    assert after.origins[0] != before.origins[0] == after.origins[1]
    identity = load_identity(tmp_path / "home" / "participants" / "acme" / "identity.key")
    (lone,) = fingerprints_of(observe_project(other, as_of=NOW), identity)
    with Machine().database("acme").transaction() as connection:
        charge = {"operation_id": "alone", "scope": "s", "charge": Charge(7, 0), "caps": []}
        ledger.reserve(connection, **charge, now=NOW, coverage=ledger.Coverage(frozenset({lone})))
    # Each charge counts once, whichever of the project's beginnings it was noted under.
    assert _spent(Machine(), federation_id, {}) == 12
    assert _spent(Machine(), federation_id, {"two": 1}) == 13
    ((_, name),) = Machine().named_projects(federation_id, "acme")
    coverage = ledger.Coverage(frozenset({lone}), Cap("each-project", 13, 0, adaptive=True))
    with pytest.raises(BudgetExceeded), Machine().database("acme").transaction() as connection:
        charge = {"operation_id": "x", "scope": "s", "charge": Charge(1, 0), "caps": []}
        ledger.reserve(connection, **charge, now=NOW, coverage=coverage)
    assert name in {lone, *fingerprints_of(before, identity)}


def test_a_shallow_clone_that_is_deepened_in_its_place_is_the_same_project(repository: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "2", f"file://{repository}", str(clone)], check=True)
    identity = load_identity(tmp_path / "a.key")
    before = fingerprints_of(observe_project(clone, as_of=NOW), identity)
    _git(clone, "fetch", "-q", "--deepen", "1")
    after = fingerprints_of(observe_project(clone, as_of=NOW), identity)
    assert before[0] != after[0]
    database = Database(f"sqlite:///{tmp_path / 'own.sqlite'}")
    with database.transaction() as connection:
        assert kin.unknown(connection, [before])
        kin.join(connection, [before])
        kin.join(connection, [before, after])
        assert not kin.unknown(connection, [before, after])
        assert len({kin.families(connection)[name] for name in (*before, *after)}) == 1


@pytest.mark.parametrize("action", ["UPDATE project_kin SET kin = 'c'", "DELETE FROM project_kin"])
def test_what_is_one_project_stays_one(tmp_path: Path, action: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'own.sqlite'}")
    with database.transaction() as connection:
        kin.join(connection, [["a", "b"], ["x", "y"], ["b", "y"]])
        assert set(kin.families(connection).values()) == {"a"}
    with pytest.raises(IntegrityError), database.transaction() as connection:
        connection.exec_driver_sql(action)
