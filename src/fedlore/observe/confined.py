"""Examine blobs in a process of its own: a hostile file may end that process, and nothing else.

A parser's recovery from errors can take 10 GB for a file of 600 kB, and a chain of dotted TOML keys as much.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fedlore.observe.blobs import Facts, examine
from fedlore.observe.command import RepositoryError

_READY = "ready"
UNREAD = Facts({"unread": 1})
"""What is known of a file that takes too much."""


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """What parsing may take: seconds a file, bytes of address space, and how many files of a repository may fail."""

    seconds: int = 20
    memory: int = 2 << 30
    failures: int = 3


def examine_files(folder: Path, groups: Sequence[Mapping[str, str]], limits: ParserLimits) -> dict[str, Facts]:
    """The facts of every file in a private folder, by its name.

    ``groups`` maps names to kinds, one group for each repository. A file that takes too much is `UNREAD`, and after
    some of these the rest of its group is too. Raises `RepositoryError` if the process does not start.
    """
    facts: dict[str, Facts] = {}
    failures: Counter[int] = Counter()
    waiting = [(group, name) for group, names in enumerate(groups) for name in names]
    while waiting:
        done = _run(folder, [(groups[group][name], name) for group, name in waiting], limits)
        facts.update(zip((name for _, name in waiting), done, strict=False))
        waiting = waiting[len(done) :]
        if waiting:
            guilty, name = waiting.pop(0)
            failures[guilty] += 1
            facts[name] = UNREAD
        given_up = {group for group, number in failures.items() if number >= limits.failures}
        facts.update((name, UNREAD) for group, name in waiting if group in given_up)
        waiting = [(group, name) for group, name in waiting if group not in given_up]
    return facts


def _run(folder: Path, files: list[tuple[str, str]], limits: ParserLimits) -> list[Facts]:
    """The facts of the first files, up to the one on which the process died."""
    command = [sys.executable, "-P", "-m", __name__, str(limits.seconds), str(limits.memory)]
    text = "\n".join(f"{kind}/{name}" for kind, name in files)
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False)
    ready, *lines = done.stdout.split("\n")
    if ready != _READY:
        raise RepositoryError(f"the parser does not start: {done.stderr[-200:]}")
    # A process that died may leave a last line that is not whole.
    return [Facts.from_json(line) for line in lines[:-1]]


def main() -> None:
    """Read kinds and names of files from standard input, write one line of facts for each."""
    seconds, memory = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    files = sys.stdin.read().splitlines()
    sys.stdout.write(f"{_READY}\n")
    sys.stdout.flush()
    for line in files:
        kind, _, name = line.partition("/")
        signal.alarm(seconds)
        sys.stdout.write(examine(kind, Path(name).read_bytes()).to_json() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
