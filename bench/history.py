"""The pass over a history: beside ``git log`` alone, which it runs, and beside PyDriller, which does the same work.

The repository is made here; ``FEDLORE_BENCH_REPOSITORY`` names another one.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from pydriller import Repository

from bench.clock import timed
from bench.row import Row, at_least, at_most
from fedlore.observe.cache import fact_cache
from fedlore.observe.history.git import read_history
from fedlore.observe.opening import opened

_COMMITS = 20_000
_FILES = 1_500
_PEOPLE = 120
_REPEATS = 9
_DRILLED = (100, 500)


def run() -> list[Row]:
    """Medians of alternating repeats, each on a warm cache."""
    given = os.environ.get("FEDLORE_BENCH_REPOSITORY")
    with TemporaryDirectory(prefix="fedlore-bench-") as folder:
        return _compare(Path(given) if given else _generated(Path(folder)))


def _compare(path: Path) -> list[Row]:
    commits = _read(path)
    name = f"history of {commits} commits"
    ours, plain, exact = [], [], []
    for _ in range(_REPEATS):
        ours.append(timed(lambda: _read(path)))
        plain.append(timed(lambda: _git_log(path)))
        exact.append(timed(lambda: _git_log(path, "--no-renames", "--no-abbrev")))
    again, anew = _second_runs(path)
    few, many = (min(number, commits) for number in _DRILLED)
    # The difference leaves out what PyDriller does once, whatever the number of commits.
    slope = (timed(lambda: _drill(path, many)) - timed(lambda: _drill(path, few))) / (many - few)
    return [
        at_most(f"{name} into columns, against git log --raw -z", median(ours), median(plain), 1.25),
        at_most(f"{name} into columns, against the same without renames", median(ours), median(exact), 1.5),
        at_least("the same after one more commit, against reading it anew", again, anew, 3),
        at_least(
            f"{name} into columns, against PyDriller (scaled from {many - few})", median(ours), slope * commits, 20
        ),
    ]


def _second_runs(path: Path) -> tuple[float, float]:
    """Seconds that a run with a cache takes after one more commit, and the first such run: medians."""
    again, anew = [], []
    with TemporaryDirectory(prefix="fedlore-bench-") as name:
        folder = Path(name)
        subprocess.run(["git", "clone", "-q", "--bare", str(path), str(folder / "r")], check=True)
        for repeat in range(3):
            cache = folder / str(repeat) / "cache"
            anew.append(timed(partial(_read, folder / "r", cache)))
            _commit(folder / "r")
            again.append(timed(partial(_read, folder / "r", cache)))
    return median(again), median(anew)


def _commit(path: Path) -> None:
    git = ["git", "-C", str(path), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    command = [*git, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "One more"]
    head = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run([*git, "update-ref", "HEAD", head], check=True)


def _read(path: Path, cache_path: Path | None = None) -> int:
    with opened(path) as repository, fact_cache(cache_path, "bench") as cache:
        history, _ = read_history(repository, None, cache)
    return history.commits


def _git_log(path: Path, *more: str) -> None:
    command = ["git", "-C", str(path), "--no-pager", "log", "--raw", "-z", *more]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def _drill(path: Path, commits: int) -> int:
    """Walk the newest commits and the names of the files that each modified."""
    walk = Repository(str(path), order="reverse").traverse_commits()
    return sum(len([file.new_path for file in commit.modified_files]) for commit in islice(walk, commits))


def _generated(folder: Path) -> Path:
    subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True)
    stream = b"".join(_fast_import(random.Random(20)))
    command = ["git", "-C", str(folder), "fast-import", "--quiet"]
    subprocess.run(command, input=stream, check=True)
    return folder


def _fast_import(choose: random.Random) -> Iterator[bytes]:
    """A history whose commits change three files in the mean, a few of them new, some removed."""
    paths = [f"src/part{index % 12}/module{index % 90}/file{index}.py" for index in range(_FILES)]
    present: set[str] = set()
    for number in range(_COMMITS):
        person = int(choose.paretovariate(1)) % _PEOPLE
        who = f"Person {person} <person{person}@example.org> {1_400_000_000 + number * 9000} +0{person % 10}00"
        message = f"Change number {number} of the generated history\n\nWhat it does and why, in a line or two.\n"
        if number % 20 == 0:
            message += f"\nCo-authored-by: Person {person + 1} <person{person + 1}@example.org>\n"
        yield f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {len(message)}\n{message}".encode()
        for _ in range(min(int(choose.expovariate(1 / 2.5)) + 1, 40)):
            path = choose.choice(paths[: 50 + number // 12])
            if path in present and choose.random() < 0.02:
                present.discard(path)
                yield f"D {path}\n".encode()
            else:
                present.add(path)
                content = f"{number} {choose.random()}\n"
                yield f"M 100644 inline {path}\ndata {len(content)}\n{content}".encode()
    yield b"reset HEAD\nfrom refs/heads/main\n"
