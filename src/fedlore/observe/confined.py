"""Examine blobs in a process of its own: a hostile file may end that process, and nothing else.

A parser's recovery from errors can take 10 GB for a file of 600 kB, and a chain of dotted TOML keys as much.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fedlore.catalogue.errors import ToolError
from fedlore.observe.blobs import Facts, examine

_READY = "ready"
UNREAD = Facts({"unread": 1})
"""What is known of a file that takes too much."""


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """What parsing may take: processor seconds a file, bytes of memory, and failing files of one repository."""

    seconds: int = 20
    memory: int = 2 << 30
    failures: int = 3


def examine_files(folder: Path, groups: Sequence[Mapping[str, str]], limits: ParserLimits) -> list[dict[str, Facts]]:
    """The facts of every file in a private folder: one table by name for each group.

    A group maps the names of one repository's files to their kinds. A file that takes too much is `UNREAD`, and after
    some of these the rest of its group is too; what other groups hold makes no difference. Raises `ToolError` if the
    process does not start.
    """
    tried: dict[str, Facts] = {}
    while waiting := _waiting(groups, tried, limits.failures):
        names = list(waiting)
        done = _run(folder, waiting, limits)
        tried.update(zip(names, done, strict=False))
        if len(done) < len(names):
            tried[names[len(done)]] = UNREAD
    return [_answers(names, tried, limits.failures) for names in groups]


def _waiting(groups: Sequence[Mapping[str, str]], tried: Mapping[str, Facts], failures: int) -> dict[str, str]:
    """The files that are still to be tried, each once, of the groups that are not given up."""
    waiting: dict[str, str] = {}
    for names in groups:
        if sum(tried.get(name) == UNREAD for name in names) < failures:
            waiting.update((name, kind) for name, kind in names.items() if name not in tried)
    return waiting


def _answers(names: Iterable[str], tried: Mapping[str, Facts], failures: int) -> dict[str, Facts]:
    answers: dict[str, Facts] = {}
    failed = 0
    for name in names:
        answers[name] = tried[name] if failed < failures else UNREAD
        failed += answers[name] == UNREAD
    return answers


def _run(folder: Path, files: Mapping[str, str], limits: ParserLimits) -> list[Facts]:
    """The facts of the first files, up to the one on which the process died."""
    command = [sys.executable, "-P", "-m", __name__, str(limits.seconds), str(limits.memory)]
    text = "\n".join(f"{kind}/{name}" for name, kind in files.items())
    done = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False)
    ready, *lines = done.stdout.split("\n")
    if ready != _READY:
        raise ToolError(f"the parser does not start: {done.stderr[-200:]}")
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
        signal.setitimer(signal.ITIMER_PROF, seconds)
        sys.stdout.write(examine(kind, Path(name).read_bytes()).to_json() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
