"""Count constructs of files in a process of its own: a hostile file may end that process, and nothing else.

The parser's recovery from errors can take 10 GB for a file of 600 kB, and it aborts where memory runs out.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fedlore.observe.command import RepositoryError
from fedlore.observe.naming import language_of
from fedlore.observe.source import count_constructs

_READY = "ready"


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """What parsing may take: seconds a file, bytes of address space, and how many files of a repository may fail."""

    seconds: int = 20
    memory: int = 2 << 30
    failures: int = 3


def count_files(folder: Path, groups: Sequence[Sequence[str]], limits: ParserLimits) -> dict[str, dict[str, int]]:
    """The counts of every file in a private folder, by its name; its extension is that of its language.

    ``groups`` holds the names, one group for each repository. A file that takes too much counts as ``unread``, and
    after some of these the rest of its group does too. Raises `RepositoryError` if the process does not start.
    """
    counts: dict[str, dict[str, int]] = {}
    failures: Counter[int] = Counter()
    waiting = [(group, name) for group, names in enumerate(groups) for name in names]
    while waiting:
        done = _run(folder, [name for _, name in waiting], limits)
        counts.update(zip((name for _, name in waiting), done, strict=False))
        waiting = waiting[len(done) :]
        if waiting:
            guilty, name = waiting.pop(0)
            failures[guilty] += 1
            counts[name] = {"unread": 1}
        given_up = {group for group, number in failures.items() if number >= limits.failures}
        counts.update((name, {"unread": 1}) for group, name in waiting if group in given_up)
        waiting = [(group, name) for group, name in waiting if group not in given_up]
    return counts


def _run(folder: Path, names: list[str], limits: ParserLimits) -> list[dict[str, int]]:
    """The counts of the first files, up to the one on which the process died."""
    command = [sys.executable, "-P", "-m", __name__, str(limits.seconds), str(limits.memory)]
    done = subprocess.run(command, cwd=folder, input="\n".join(names), capture_output=True, text=True, check=False)
    ready, *lines = done.stdout.split("\n")
    if ready != _READY:
        raise RepositoryError(f"the parser does not start: {done.stderr[-200:]}")
    # A process that died may leave a last line that is not whole.
    return [json.loads(line) for line in lines[:-1]]


def main() -> None:
    """Read names of files from standard input, write one line of counts for each."""
    seconds, memory = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    names = sys.stdin.read().splitlines()
    sys.stdout.write(f"{_READY}\n")
    sys.stdout.flush()
    for name in names:
        signal.alarm(seconds)
        counts = count_constructs(Path(name).read_bytes(), language_of(os.fsencode(name)))
        sys.stdout.write(json.dumps(counts) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
