"""The tests side of mutation testing: which test reaches which function, and whether any notices a mutant.

Both functions are for a process of their own, in whose path a copy of the project comes first.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import pytest
from hypothesis import Phase, settings

_OPTIONS = (
    *("-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
_MOST_CALLS = 3_000_000  # of one test; what it does after so many it has done before


@dataclass(slots=True)
class Reached:
    """Processor seconds of each test that passes, and the tests that call each function ("path:line")."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, list[str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "calls": self.calls, "failed": self.failed}

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Reached:
        return cls(table["seconds"], table["calls"], table["failed"])

    def tests_for(self, path: Path, lines: range | None, most: float) -> tuple[list[str], float]:
        """The tests that call a function in ``lines`` (None: any of the module), quick ones first, for ``most`` s."""
        wanted = None if lines is None else {f"{path}:{line}" for line in lines}
        found = {
            test
            for place, tests in self.calls.items()
            if (place in wanted if wanted is not None else place.startswith(f"{path}:"))
            for test in tests
        }
        chosen, cost = [], 0.0
        for test in sorted(found & self.seconds.keys(), key=lambda test: (self.seconds[test], test)):
            if chosen and cost + self.seconds[test] > most:
                break
            chosen.append(test)
            cost += self.seconds[test]
        return chosen, cost


def reached(copy: Path, modules: Sequence[Path], tests: Sequence[str]) -> Reached:
    """Run all ``tests`` once under a trace of ``modules``."""
    watch = _Watch(copy, frozenset(map(str, modules)))
    threading.settrace(watch.trace)
    sys.settrace(watch.trace)
    pytest.main([*_OPTIONS, "-k", "not postgresql", *tests], plugins=[watch])
    sys.settrace(None)
    return watch.table()


def one_mutant(copy: Path, name: str, source: str, tests: Sequence[str]) -> int:
    """0 if all ``tests`` pass with ``source`` in place of the module ``name``."""
    path = copy / "src" / Path(*name.split(".")).with_suffix(".py")
    sys.meta_path.insert(0, _Changed(name, source, path))
    files = sorted({test.partition("::")[0] for test in tests})
    return int(pytest.main([*_OPTIONS, "-x", *files], plugins=[_Chosen(tests)]))


class _Watch:
    """Attributes calls to the test that runs; those made while a file is read or set up, to all tests of that file."""

    def __init__(self, copy: Path, files: frozenset[str]) -> None:
        self._copy, self._files = copy, files
        self._now, self._calls = "", 0
        self._hits: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
        self._seconds: dict[str, float] = {}
        self._failed: list[str] = []

    def trace(self, frame: FrameType, _event: str, _argument: object) -> None:
        self._calls += 1
        if self._calls > _MOST_CALLS:
            sys.settrace(None)
        if frame.f_code.co_filename in self._files:
            self._hits[self._now].add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        self._now = collector.nodeid.partition("::")[0]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        _forget()
        self._now, self._calls = item.nodeid.partition("::")[0], 0
        sys.settrace(self.trace)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        self._now, self._calls, since = item.nodeid, 0, time.process_time()
        sys.settrace(self.trace)
        try:
            return (yield)
        finally:
            self._seconds[item.nodeid] = time.process_time() - since

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._failed.append(report.nodeid)

    def table(self) -> Reached:
        found = Reached({test: cost for test, cost in self._seconds.items() if test not in self._failed}, {}, [])
        found.failed = [test for test in self._failed if test in self._seconds]
        of_file: defaultdict[str, list[str]] = defaultdict(list)
        for test in found.seconds:
            of_file[test.partition("::")[0]].append(test)
        for place, hits in self._hits.items():
            for path, line in hits:
                key = f"{Path(path).relative_to(self._copy)}:{line}"
                found.calls.setdefault(key, []).extend([place] if "::" in place else of_file[place])
        return found


def _forget() -> None:
    """Empty the caches, so that every test runs what it relies on."""
    for name, module in list(sys.modules.items()):
        if name.startswith("fedlore.privacy"):
            for one in list(vars(module).values()):
                if hasattr(one, "cache_clear"):
                    one.cache_clear()


class _Chosen:
    """Runs only the chosen tests, in the order given, and spends no time on making counterexamples small."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._place = {test: place for place, test in enumerate(tests)}

    def pytest_sessionstart(self) -> None:
        settings.register_profile("mutants", derandomize=True, deadline=None, phases=[Phase.explicit, Phase.generate])
        settings.load_profile("mutants")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._place), key=lambda item: self._place[item.nodeid]
        )


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from the source given."""

    def __init__(self, name: str, source: str, path: Path) -> None:
        self._name, self._source, self._path = name, source, path

    def find_spec(self, name: str, _path: object, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(name, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        code: CodeType = compile(self._source, str(self._path), "exec")
        exec(code, vars(module))  # noqa: S102
