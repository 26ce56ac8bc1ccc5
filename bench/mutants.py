"""Mutation testing of the privacy modules: how many small wrong changes do the tests notice?

``python -m bench mutants [--modules shares,losses] [--sample 10] [--seed 1] [--processes 2] [--seconds 8]``. The tree
is copied; a first run of the tests finds which of them call which functions, and what each costs. Then, for a random
sample of each module's mutations (see `bench.mutations`), a fresh process imports the changed module from memory and
runs the tests that call the changed function, quick ones first, until one fails or ``--seconds`` of processor time
worth of them have passed. A mutant that uses more than three times what they cost is stopped and counts as killed.
Nothing is left out of the count: what is judged equivalent in docs/mutants.md counts as not killed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.mutation_tests import Reached, one_mutant, reached
from bench.mutations import Site, mutated, sites
from bench.row import Row, value

_ROOT = Path(__file__).resolve().parents[1]
_PRIVACY = Path("src/fedlore/privacy")
# Beside those of tests/privacy: what of it is tested where it is used.
_TESTS = (
    "tests/attacks/test_B04_amounts.py",
    "tests/cli/test_export.py",
    "tests/learn/test_asking_less.py",
    "tests/observe/test_record_tables.py",
)
_LEAST_KILLED = 0.85
_MEMORY = 6 * 2**30


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutant: ``killed``, ``stopped`` (too long), ``survived`` or ``not run`` by any test."""

    module: str
    site: Site
    verdict: str


def run() -> list[Row]:
    """A sample of every module."""
    return run_with([])


def run_with(words: Sequence[str]) -> list[Row]:
    """The share of killed mutants by module and in all; survivors are printed to standard error."""
    given = _options(words)
    chosen = _modules(given.modules)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("src", "tests", "bench"):
            shutil.copytree(_ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(_ROOT / "pyproject.toml", copy)
        _say(f"seed {given.seed}, {given.sample} mutants a module; looking for what each test reaches")
        table = _baseline(copy, chosen, given.reached)
        _say(f"{len(table.seconds)} tests pass; left out: {', '.join(table.failed) or 'none'}")
        mutants = [(path, site) for path in chosen for site in _sample(copy / path, given.sample, given.seed)]
        outcomes = _all(copy, mutants, table, given.processes, given.seconds)
    return _rows(outcomes)


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench mutants")
    parser.add_argument("--modules", default="", help="names such as shares,auditing/bounds; default: all of privacy")
    parser.add_argument("--sample", type=int, default=10, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--reached", type=Path, help="a file that keeps what the tests reach from run to run")
    parser.add_argument("--seconds", type=float, default=8, help="of tests for one mutant, by processor time")
    return parser.parse_args(words)


def _modules(names: str) -> list[Path]:
    if not names:
        return sorted(path.relative_to(_ROOT) for path in (_ROOT / _PRIVACY).rglob("*.py") if path.stat().st_size)
    found = [_PRIVACY / f"{name}.py" for name in names.split(",")]
    for path in found:
        if not (_ROOT / path).is_file():
            sys.exit(f"there is no module {path}")
    return found


def _sample(path: Path, most: int, seed: int) -> list[Site]:
    every = sites(path.read_text())
    generator = random.Random(f"{seed} {path.name}")
    return sorted(generator.sample(every, min(most, len(every))), key=lambda site: site.line)


def _baseline(copy: Path, chosen: Sequence[Path], kept: Path | None) -> Reached:
    files = sorted((copy / "tests/privacy").rglob("test_*.py"))
    tests = [*(str(path.relative_to(copy)) for path in files), *_TESTS]
    answer = copy / "reached.json"
    if kept and kept.exists():
        return Reached.of(json.loads(kept.read_text()))
    pid = _fork(
        copy, copy / "baseline.txt", lambda: _write(answer, reached(copy, [copy / path for path in chosen], tests))
    )
    os.waitpid(pid, 0)
    if not answer.exists():
        sys.exit((copy / "baseline.txt").read_text()[-2000:])
    if kept:
        shutil.copy(answer, kept)
    return Reached.of(json.loads(answer.read_text()))


def _write(answer: Path, table: Reached) -> int:
    answer.write_text(json.dumps(table.as_dict()))
    return 0


def _all(
    copy: Path, mutants: Sequence[tuple[Path, Site]], table: Reached, processes: int, seconds: float
) -> list[Outcome]:
    """Run every mutant, ``processes`` at a time."""
    outcomes: list[Outcome] = []
    running: dict[int, tuple[Path, Site, float]] = {}
    waiting = list(reversed(mutants))

    def settle(path: Path, site: Site, verdict: str) -> None:
        outcomes.append(Outcome(str(path.relative_to(_PRIVACY).with_suffix("")), site, verdict))
        if verdict in {"survived", "not run"}:
            _say(f"{verdict}: {path}:{site.line}: {site.words}")

    while waiting or running:
        while waiting and len(running) < processes:
            path, site = waiting.pop()
            tests, cost = table.tests_for(path, site.lines, seconds)
            if not tests:
                settle(path, site, "not run")
                continue
            source = mutated((copy / path).read_text(), site)
            name = f"fedlore.{'.'.join(path.relative_to('src/fedlore').with_suffix('').parts)}"
            pid = _fork(
                copy, Path(os.devnull), lambda n=name, s=source, t=tests: one_mutant(copy, n, s, t), cpu=3 * cost + 15
            )
            running[pid] = (path, site, time.monotonic() + 40 * cost + 300)
        time.sleep(0.02)
        for pid, (path, site, until) in list(running.items()):
            if time.monotonic() > until:
                os.kill(pid, 9)
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                del running[pid]
                verdict = "stopped" if os.WIFSIGNALED(status) else "survived" if status == 0 else "killed"
                settle(path, site, verdict)
    return outcomes


def _fork(copy: Path, output: Path, work: Callable[[], int], cpu: float | None = None) -> int:
    """Start ``work`` in a process of its own that has the libraries loaded and nothing of this project."""
    for library in ("cryptography.hazmat.primitives.ciphers", "hypothesis", "numpy", "pytest", "scipy.special",
                    "scipy.stats", "sqlalchemy"):  # fmt: skip
        __import__(library)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 3
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        if cpu is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 1))
        for name in [name for name in sys.modules if name.partition(".")[0] in {"fedlore", "tests"}]:
            del sys.modules[name]
        os.chdir(copy)
        sys.path[:0] = [str(copy / "src"), str(copy)]
        os.environ["PYTHONPATH"] = os.pathsep.join([str(copy / "src"), str(copy)])
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _rows(outcomes: Sequence[Outcome]) -> list[Row]:
    by_module: defaultdict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        by_module[outcome.module].append(outcome.verdict in {"killed", "stopped"})
    every = [killed for verdicts in by_module.values() for killed in verdicts]
    named = {**{f"privacy/{module}": verdicts for module, verdicts in sorted(by_module.items())}, "privacy": every}
    return [
        value(
            f"mutants killed, {name} ({sum(verdicts)} of {len(verdicts)})",
            sum(verdicts) / len(verdicts),
            low=_LEAST_KILLED if name == "privacy" else float("-inf"),
        )
        for name, verdicts in named.items()
    ]


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
