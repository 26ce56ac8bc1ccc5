"""Examine blobs in a process of its own: a hostile file may end that process, and nothing else.

A parser's recovery from errors can take 10 GB for a file of 600 kB, and a chain of dotted TOML keys as much.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fedlore.catalogue.errors import ToolError
from fedlore.observe.blobs import Facts, examine

_READY = "ready"
UNREAD = Facts({"unread": 1})
"""What is known of a file that takes too much."""


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """What parsing may take: processor seconds a file, and of one repository processor seconds and failing files; bytes
    of memory.
    """

    seconds: int = 20
    memory: int = 2 << 30
    failures: int = 3
    seconds_in_all: int = 180


class _Work(NamedTuple):
    """One file to be examined: the number of its group, its kind and its name."""

    group: int
    kind: str
    name: str


def examine_files(folder: Path, groups: Sequence[Mapping[str, str]], limits: ParserLimits) -> list[dict[str, Facts]]:
    """The facts of every file in a private folder: one table by name for each group.

    A group maps the names of one repository's files to their kinds. A file that takes too much is `UNREAD`, and after
    some of these, or when its group has taken too long in all, the rest of its group is too; what other groups hold
    makes no difference. Raises `ToolError` if the process does not start.
    """
    tried: list[dict[str, Facts]] = [{} for _ in groups]
    while waiting := list(_waiting(groups, tried, limits.failures)):
        done = _run(folder, waiting, limits)
        if len(done) < len(waiting):
            done.append(UNREAD)
        for work, facts in zip(waiting, done, strict=False):
            tried[work.group][work.name] = facts
    return [{name: found.get(name, UNREAD) for name in names} for names, found in zip(groups, tried, strict=True)]


def _waiting(
    groups: Sequence[Mapping[str, str]], tried: Sequence[Mapping[str, Facts]], failures: int
) -> Iterator[_Work]:
    """The files that are still to be tried, of the groups that are not given up."""
    for number, (names, found) in enumerate(zip(groups, tried, strict=True)):
        if list(found.values()).count(UNREAD) < failures:
            yield from (_Work(number, kind, name) for name, kind in names.items() if name not in found)


def _run(folder: Path, files: Sequence[_Work], limits: ParserLimits) -> list[Facts]:
    """The facts of the first files, up to the one on which the process died."""
    numbers = map(str, (limits.seconds, limits.seconds_in_all, limits.memory))
    command = [sys.executable, "-P", "-m", __name__, *numbers]
    text = "\n".join(f"{work.group}/{work.kind}/{work.name}" for work in files)
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False)
    ready, *lines = done.stdout.split("\n")
    if ready != _READY:
        raise ToolError(f"the parser does not start: {done.stderr[-200:]}")
    # A process that died may leave a last line that is not whole.
    return [Facts.from_json(line) for line in lines[:-1]]


def main() -> None:
    """Read groups, kinds and names of files from standard input, write one line of facts for each."""
    seconds, seconds_in_all, memory = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    files = sys.stdin.read().splitlines()
    sys.stdout.write(f"{_READY}\n")
    sys.stdout.flush()
    spent: defaultdict[str, float] = defaultdict(float)
    for line in files:
        group, kind, name = line.split("/", 2)
        begin = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        facts = examine(kind, Path(name).read_bytes()) if spent[group] < seconds_in_all else UNREAD
        sys.stdout.write(facts.to_json() + "\n")
        sys.stdout.flush()
        spent[group] += time.process_time() - begin


if __name__ == "__main__":
    main()
