"""Decision anti-patterns: debts that the authors admit, and what decision records and lock files tell."""

from __future__ import annotations

from collections import defaultdict

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Evidence, Value
from fedlore.observe.features.sources import code_lines, total, written
from fedlore.observe.naming import is_by_others

_LEAST_LINES = 50
_RIVALS = {
    name: ecosystem
    for ecosystem, names in (
        ("npm", b"package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb"),
        ("pypi", b"poetry.lock uv.lock pipfile.lock pdm.lock"),
    )
    for name in names.split()
}
_SAME_MANAGER = {b"npm-shrinkwrap.json": b"package-lock.json", b"bun.lockb": b"bun.lock"}


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """The measures of `measures/decision_anti_patterns.toml` for one project."""
    source, files = written(evidence.tree), evidence.tree.files
    lines = code_lines(source)
    records, argued = total(files, "records"), total(files, "records_with_alternatives")
    return {
        MeasureId("decisions.debt_comments"): (
            1000 * total(source, "debt_comments") / lines if lines >= _LEAST_LINES else None
        ),
        MeasureId("decisions.superseded_records"): total(files, "records_superseded") > 0,
        MeasureId("decisions.records_without_alternatives"): records > 0 and 2 * argued <= records,
        MeasureId("decisions.rival_lock_files"): _has_rival_lock_files(evidence.tree.paths),
    }


def _has_rival_lock_files(paths: list[bytes]) -> bool:
    """Whether one folder holds the lock files of two package managers for the same ecosystem."""
    managers: defaultdict[tuple[bytes, str], set[bytes]] = defaultdict(set)
    for path in paths:
        folder, _, name = path.lower().rpartition(b"/")
        if name in _RIVALS and not is_by_others(path):
            managers[folder, _RIVALS[name]].add(_SAME_MANAGER.get(name, name))
    return any(len(names) > 1 for names in managers.values())
