"""One pass over commits, streamed from ``git log`` into columns."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

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
    for records in _records(output, marker + b"\0"):
        room = limits.commits - columns.commits
        columns.add(records[:room])
        shortfall = _reached(columns, limits, more=len(records) > room)
        if shortfall:
            break
    return columns.build(), shortfall or output.shortfall


def _reached(columns: Columns, limits: Limits, *, more: bool) -> str:
    """Which limit ends the pass here, if one does; ``more`` says that there are commits beyond theirs."""
    if more:
        return f"the limit of {limits.commits} commits was reached"
    if len(columns.changed_path) > limits.changes:
        return f"the limit of {limits.changes} changes was reached"
    if columns.name_bytes > limits.name_bytes:
        return f"the limit of {limits.name_bytes} bytes of paths and names was reached"
    return ""


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


def _records(output: GitOutput, marker: bytes) -> Iterator[list[bytes]]:
    """Lists of whole records; the last record is left out if the output broke off, which a record too long makes it."""
    most = output.limits.commit_bytes
    pending: list[bytes] = []
    size = enough = 0
    for block in output:
        pending.append(block)
        size += len(block)
        if size < enough:
            continue
        text = b"".join(pending)
        cut = max(text.rfind(marker), 0)
        pending, size = [text[cut:]], len(text) - cut
        yield text[:cut].split(marker)[1:]
        if size > most:
            output.shortfall = f"the limit of {most} bytes of one commit was reached"
            return
        # A record of many blocks is joined again only after it has doubled.
        enough = min(2 * size, most + 1)
    rest = b"".join(pending).split(marker)[1:]
    yield rest[:-1] if output.shortfall else rest
