"""Which measures a round has said something about, of those that enough members or projects stand behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fedlore.learn.statement import Statement, StatementKind

K_BY_DEFAULT = 5
_OF_ONE_MEASURE: frozenset[StatementKind] = frozenset({"share", "bin share", "mean"})


def pattern_types(said: Iterable[Statement], k: int = K_BY_DEFAULT) -> Mapping[str, float]:
    """Measure ids and the noised number of projects behind each, where the cohort is at least ``k``, or that above it.

    Behind a yes-no measure stand the projects that say yes, behind all others those of the round. The cohort is public
    and the number was released, so this costs nothing; it protects nobody either, the noise does. It keeps what rests
    on a handful of projects from being taken for a pattern.
    """
    found: dict[str, float] = {}
    for statement in said:
        if statement.kind in _OF_ONE_MEASURE:
            (measure,) = statement.measures
            behind = statement.projects * (statement.estimate if statement.kind == "share" else 1.0)
            if statement.cohort >= k or behind > k:
                found[measure] = behind
    return found
