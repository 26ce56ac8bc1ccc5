"""A file that is written as a whole or not at all, and a full disk that hides no other error."""

from __future__ import annotations

import resource
from pathlib import Path

import click
import pytest

from fedlore.cli.output import writable


def test_a_file_that_does_not_fit_is_an_error_of_the_write_and_leaves_what_was_there(tmp_path: Path) -> None:
    place = tmp_path / "table.csv"
    place.write_bytes(b"before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.raises(click.ClickException, match="ask again"), writable(place) as write:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
        try:
            write(b"x" * 100)
        except OSError:
            raise click.ClickException("ask again") from None
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
    assert place.read_bytes() == b"before"
    with writable(place) as write:
        write(b"after" * 100_000)
    assert place.read_bytes() == b"after" * 100_000
