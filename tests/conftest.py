"""Real repositories that several tests read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import Server, running
from tests.repositories import make_organisations

WORD = "kvzqcanary"

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


@pytest.fixture(scope="session")
def organisations(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six folders of ten repositories each."""
    return make_organisations(tmp_path_factory.mktemp("organisations"), 6, 10, WORD, seed=5, now=int(time.time()))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for the tests of this process."""
    with running() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """The URL of a store of this test by its name, on each kind of database."""
    if request.param == "sqlite":
        return lambda name: f"sqlite:///{tmp_path / name}.sqlite"
    server: Server = request.getfixturevalue("postgres")
    prefix = server.new_prefix()
    return lambda name: server.url(prefix + name)
