"""A project is the same to its owner's ledger wherever its history lies, and its budget is set when joining."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fedlore.cli.main import run
from fedlore.federation.identity import load_identity
from fedlore.federation.machine import Machine, fingerprint_of
from fedlore.federation.policy import Policy
from fedlore.observe.project import Observed, observe_project
from fedlore.store import contributions
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
    assert seen[repository].origin == seen[copy].origin != seen[other].origin
    assert seen[repository].head != seen[copy].head
    mine, theirs = load_identity(tmp_path / "a.key"), load_identity(tmp_path / "b.key")
    named = {path: fingerprint_of(found, mine) for path, found in seen.items()}
    assert named[repository] == named[copy] != named[other]
    assert named[repository] != fingerprint_of(seen[repository], theirs)
    assert re.fullmatch("[0-9a-f]{64}", named[repository])
    assert seen[repository].origin not in named[repository]
    paths = [fingerprint_of(Observed(Path(name), {}), mine) for name in ("/a", "/a", "/b")]
    assert paths[0] == paths[1] != paths[2]


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
