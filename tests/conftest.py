"""Real repositories that several tests read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import settings

from tests.repositories import make_organisations

WORD = "kvzqcanary"

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


@pytest.fixture(scope="session")
def organisations(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six folders of ten repositories each."""
    return make_organisations(tmp_path_factory.mktemp("organisations"), 6, 10, WORD, seed=5, now=int(time.time()))
