"""One pass over commits, streamed from ``git log`` into columns."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator

from fedlore.observe.command import git_command
from fedlore.observe.history.columns import FIELDS, Columns
from fedlore.observe.history.order import Part
from fedlore.observe.history.people import People
from fedlore.observe.opening import OpenedRepository
from fedlore.observe.stream import GitOutput, Limits


def read_log(repository: OpenedRepository, limits: Limits, salt: bytes, since: str = "") -> tuple[Part, str]:
    """The commits reachable from HEAD (but not from ``since``), and why the oldest are missing (empty if none is)."""
    # Every record begins with a number that nobody could know when the commits were made, so no subject, path or
    # author can be taken for the beginning of one.
    marker = secrets.token_hex(16).encode()
    output = GitOutput(_log_command(repository, marker, limits.commits, since), repository.git_dir, limits)
    columns = Columns(People(salt))
    shortfall = ""
    for records in _records(output, marker + b"\0", output):
        room = limits.commits - columns.commits
        columns.add(records[:room])
        if len(records) > room:
            shortfall = f"the limit of {limits.commits} commits was reached"
            break
    return columns.build(), shortfall or output.shortfall


def _log_command(repository: OpenedRepository, marker: bytes, commits: int, since: str) -> list[str]:
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
        *([f"^{since}"] if since else []),
        "--",
        # Without a setting git would look for one by itself.
        settings=(f"mailmap.blob={repository.mailmap}",),
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
