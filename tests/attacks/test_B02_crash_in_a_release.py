"""B2: a crash between any two statements of a release publishes nothing unpaid and leaves no charge open."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks.crashing import ROOT, STRIDE, crashes
from tests.postgres import Server


def _crashes(folder: Path, stride: int, url: str | None) -> None:
    result = crashes("tests.attacks.crashing", folder, stride, url)
    assert result["statements"] > 150
    assert len(result["tried"]) >= 6
    assert all(point["crashed"] for point in result["tried"])
    assert [point for point in result["tried"] if point["faults"]] == []
    assert {point["published"] for point in result["tried"]} == {True, False}


def test_a_kill_now_and_then(tmp_path: Path) -> None:
    _crashes(tmp_path, 73, None)


def test_a_kill_now_and_then_on_postgresql(tmp_path: Path, postgres: Server) -> None:
    _crashes(tmp_path, 109, postgres.url(postgres.new_prefix() + "{}"))


@pytest.mark.parametrize(("given", "stride"), [({}, "5"), ({"FEDLORE_CRASH_STRIDE": "1"}, "1")])
def test_the_stride_of_the_whole_comes_from_the_environment(given: dict[str, str], stride: str) -> None:
    command = [sys.executable, "-c", "from tests.attacks.crashing import STRIDE; print(STRIDE)"]
    others = {name: value for name, value in os.environ.items() if name != "FEDLORE_CRASH_STRIDE"}
    done = subprocess.run(command, cwd=ROOT, env=others | given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == stride


@pytest.mark.slow
def test_a_kill_at_every_statement_of_the_stride(tmp_path: Path) -> None:
    _crashes(tmp_path, STRIDE, None)


@pytest.mark.slow
def test_a_kill_at_every_statement_of_the_stride_on_postgresql(tmp_path: Path, postgres: Server) -> None:
    _crashes(tmp_path, STRIDE, postgres.url(postgres.new_prefix() + "{}"))
