"""B2: a crash between any two statements of a release publishes nothing unpaid and leaves no charge open."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres import Server

ROOT = Path(__file__).parents[2]


def _crashes(folder: Path, stride: int, url: str | None) -> None:
    command = [sys.executable, "-m", "tests.attacks.crashing", str(folder / "crashes"), str(stride)]
    command += [url] if url else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["statements"] > 150
    assert len(result["tried"]) >= 6
    assert all(point["crashed"] for point in result["tried"])
    assert [point for point in result["tried"] if point["faults"]] == []
    assert {point["published"] for point in result["tried"]} == {True, False}


def test_a_kill_now_and_then(tmp_path: Path) -> None:
    _crashes(tmp_path, 73, None)


def test_a_kill_now_and_then_on_postgresql(tmp_path: Path, postgres: Server) -> None:
    _crashes(tmp_path, 109, postgres.url(postgres.new_prefix() + "{}"))


@pytest.mark.slow
def test_a_kill_at_every_statement(tmp_path: Path) -> None:
    _crashes(tmp_path, 1, None)


@pytest.mark.slow
def test_a_kill_at_every_statement_on_postgresql(tmp_path: Path, postgres: Server) -> None:
    _crashes(tmp_path, 1, postgres.url(postgres.new_prefix() + "{}"))
