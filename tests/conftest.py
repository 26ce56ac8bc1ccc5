"""Real repositories that several tests read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.repositories import make_organisations

WORD = "kvzqcanary"


@pytest.fixture(scope="session")
def organisations(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six folders of ten repositories each."""
    return make_organisations(tmp_path_factory.mktemp("organisations"), 6, 10, WORD, seed=5, now=int(time.time()))
