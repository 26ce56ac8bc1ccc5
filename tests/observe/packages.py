"""Evidence for tests of packages through time, made in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fedlore.observe.evidence import Evidence, PackageSpan, SourceFile, Tree
from tests.observe.histories import BEGIN, DAY, Commit, make_evidence

YEARS = 10
END = BEGIN + YEARS * 365 * DAY


def span(
    package: str,
    first: float = 0,
    last: float | None = None,
    *,
    changed: float | None = None,
    changes: int = 0,
    pinned: bool = False,
    returns: int = 0,
) -> PackageSpan:
    """A package declared from one year to another, counted from the begin of a history of ten years."""

    def at(year: float) -> int:
        return BEGIN + int(year * 365) * DAY

    changed_at = at(first if changed is None else changed)
    return PackageSpan(package, at(first), None if last is None else at(last), changed_at, changes, pinned, returns)


def spans(*packages: str) -> list[PackageSpan]:
    """Packages declared from the begin on."""
    return [span(package) for package in packages]


def evidence_of(
    packages: Sequence[PackageSpan],
    *,
    paths: Sequence[bytes] = (b"requirements.txt",),
    commits: Sequence[Commit] = (),
    files: Sequence[SourceFile] = (),
) -> Evidence:
    """A project of ten years with these packages, files at HEAD, and commits between its first and its last."""
    evidence = make_evidence([Commit(), *commits, Commit(day=YEARS * 365)])
    now = frozenset(one.package for one in packages if one.last is None)
    tree = Tree([*files, *(SourceFile(path, "", "", 0) for path in paths)], now)
    return replace(evidence, tree=tree, packages=tuple(sorted(packages)))
