"""A file that is known to be writable before anything is paid for it, and that is there as a whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

Write = Callable[[bytes], None]


@contextmanager
def writable(output: Path) -> Iterator[Write]:
    """Make sure that ``output`` can be written, and give a function that writes it; until then nothing is changed.

    The bytes go into a file beside it, which then takes its name (and its mode, if it was there). Raises
    `click.BadParameter` if no file can be made there, or what has the name is no file that may be written over; the
    function raises `OSError`.
    """
    place = Path(os.path.realpath(output))
    beside = place.with_name(f".fedlore-{secrets.token_hex(8)}")
    try:
        there = place.exists()
        if there and not place.is_file():
            raise click.BadParameter(_words(output, "it is no file"), param_hint="--output")
        if there and not os.access(place, os.W_OK):
            raise click.BadParameter(_words(output, "it may not be written over"), param_hint="--output")
        file = beside.open("xb", buffering=0)  # nothing is left to write, and to fail, when it is closed
    except OSError as error:
        raise click.BadParameter(_words(output, str(error.strerror)), param_hint="--output") from None

    def write(content: bytes) -> None:
        left = memoryview(content)
        while left:
            left = left[file.write(left) :]
        os.fsync(file.fileno())
        if place.is_file():
            beside.chmod(place.stat().st_mode & 0o777)
        beside.replace(place)

    try:
        with file:
            yield write
    finally:
        beside.unlink(missing_ok=True)


def _words(output: Path, why: str) -> str:
    return f"{output} cannot be written: {why}; nothing was spent, name another file"
