"""Where repositories are read changes nothing in what is found."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fedlore.catalogue.errors import ToolError
from fedlore.observe.projects import observe_projects
from tests.observe.making import AS_OF, make_repository

COMMAND = "import sys; from fedlore.cli.main import run; sys.exit(run(sys.argv[1:]))"
HAS_RAY = importlib.util.find_spec("ray") is not None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six small repositories that differ."""
    place = tmp_path_factory.mktemp("six")
    for number in range(6):
        source = b"def f(a=[]):\n    return a\n" * (number + 1)
        make_repository(place / f"r{number}", {"a.py": source}, {"b.py": b"x = %d\n" % number})
    return place


@pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed: pip install fedlore[ray]")
def test_ray_finds_what_one_process_finds(folder: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "FEDLORE_HOME": str(tmp_path), "RAY_ADDRESS": ""}
    command = [sys.executable, "-c", COMMAND, "observe", str(folder), "--no-cache", "--format", "json"]
    command += ["--as-of", "2025-07-01"]
    alone, together = (
        subprocess.run([*command, *more], capture_output=True, text=True, check=True, env=environment)
        for more in (["--jobs", "1"], ["--jobs", "2", "--backend", "ray"])
    )
    assert '"r5"' in alone.stdout
    assert together.stdout == alone.stdout


def test_without_ray_one_sentence_says_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as an import finds it where it is not installed
    with pytest.raises(ToolError, match=r"fedlore\[ray\]"):
        observe_projects(sorted(folder.iterdir()), as_of=AS_OF, backend="ray")
