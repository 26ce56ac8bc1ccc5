"""One pass over the history of an opened repository, streamed from git into columns."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator

import numpy as np

from fedlore.observe.columns import FIELDS, Columns
from fedlore.observe.command import git_command
from fedlore.observe.evidence import History
from fedlore.observe.opening import OpenedRepository
from fedlore.observe.order import canonical
from fedlore.observe.people import People
from fedlore.observe.stream import GitOutput, Limits

_RELEASE = re.compile(rb"(?:^|[^0-9A-Za-z.])[vVrR]?\d+(?:[._]\d+)+|^[vVrR]?\d+$")

_SALT_BYTES = 32


def read_history(
    repository: OpenedRepository, limits: Limits | None = None, *, salt: bytes | None = None
) -> tuple[History, tuple[str, ...]]:
    """The commits reachable from HEAD with the files that each changed, and sentences about what was not read.

    Authors are those of HEAD's ``.mailmap``; merges carry no changes; renames are a removal and an addition. Where a
    limit ends the pass early, the history is its newest part and a sentence says so. Release times are those of the
    tags whose name holds a version number. People are hashed with ``salt``; without one, with another at every call.
    """
    limits = limits or Limits()
    # Every record begins with a number that nobody could know when the commits were made, so no subject, path or
    # author can be taken for the beginning of one.
    marker = secrets.token_hex(16).encode()
    output = GitOutput(_log_command(repository, marker, limits.commits), repository.git_dir, limits)
    columns = Columns(People(os.urandom(_SALT_BYTES) if salt is None else salt))
    shortfall = ""
    for records in _records(output, marker + b"\0", output):
        room = limits.commits - columns.commits
        columns.add(records[:room])
        if len(records) > room:
            shortfall = f"the limit of {limits.commits} commits was reached"
            break
    shortfall = shortfall or output.shortfall
    notes = repository.notes
    if shortfall:
        notes += (f"Only the newest {columns.commits} commits were counted: {shortfall}.",)
    releases = sorted(tag.time for tag in repository.tags if is_release(tag.name))
    return canonical(columns.build(np.array(releases, np.int64))), notes


def is_release(tag: bytes) -> bool:
    """Whether a tag's full name holds a version number (``v1.2``, ``pkg-1.2.0``), or is just one number (``v7``)."""
    return _RELEASE.search(tag.removeprefix(b"refs/tags/")) is not None


def _log_command(repository: OpenedRepository, marker: bytes, commits: int) -> list[str]:
    form = "%x00".join([marker.decode(), *FIELDS])
    return git_command(
        repository.git_dir,
        "log",
        "--raw",
        "-z",
        "--no-renames",
        "--no-abbrev",
        "--no-textconv",
        "--no-ext-diff",
        "--no-show-signature",
        "--no-decorate",
        "--no-notes",
        "--no-color",
        "--encoding=UTF-8",
        "--date=raw",
        f"--max-count={commits + 1}",
        f"--format=tformat:{form}",
        "--end-of-options",
        repository.head,
        "--",
        settings=("mailmap.blob=HEAD:.mailmap",),
    )


def _records(blocks: Iterable[bytes], marker: bytes, output: GitOutput) -> Iterator[list[bytes]]:
    """Lists of whole records; the last record is left out if the output broke off."""
    pending: list[bytes] = []
    size = enough = 0
    for block in blocks:
        pending.append(block)
        size += len(block)
        if size < enough:
            continue
        text = b"".join(pending)
        cut = max(text.rfind(marker), 0)
        yield text[:cut].split(marker)[1:]
        pending, size = [text[cut:]], len(text) - cut
        # A record of many blocks is joined again only after it has doubled.
        enough = 2 * size
    rest = b"".join(pending).split(marker)[1:]
    yield rest[:-1] if output.shortfall else rest
