"""B2: a crash between any two statements of an export keeps no bytes unpaid, and no charge stands for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.crashing import STRIDE, crashes
from tests.postgres import Server


def _crashes(folder: Path, stride: int, url: str | None) -> None:
    result = crashes("tests.attacks.crashing_exports", folder, stride, url)
    assert result["statements"] > 150
    assert len(result["tried"]) >= 10
    assert all(point["crashed"] for point in result["tried"])
    assert [point for point in result["tried"] if point["faults"]] == []
    assert {point["state"] for point in result["tried"]} == {"nothing", "reserved", "committed"}


def test_a_kill_now_and_then(tmp_path: Path) -> None:
    _crashes(tmp_path, 37, None)


def test_a_kill_now_and_then_on_postgresql(tmp_path: Path, postgres: Server) -> None:
    _crashes(tmp_path, 53, postgres.url(postgres.new_prefix() + "{}"))


@pytest.mark.slow
def test_a_kill_at_every_statement_of_the_stride(tmp_path: Path) -> None:
    _crashes(tmp_path, STRIDE, None)


@pytest.mark.slow
def test_a_kill_at_every_statement_of_the_stride_on_postgresql(tmp_path: Path, postgres: Server) -> None:
    _crashes(tmp_path, STRIDE, postgres.url(postgres.new_prefix() + "{}"))
