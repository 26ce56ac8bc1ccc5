"""Technology adoption: whether what a project took up is still there."""

from __future__ import annotations

import re

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.technologies import load_technologies
from fedlore.observe.evidence import Evidence, Value
from fedlore.observe.features.sources import code_lines, production

_YEAR_SECONDS = 365 * 86400


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """The measures of `measures/technology_adoption_success.toml` for one project."""
    return {
        MeasureId("adoption.kept"): _kept(evidence),
        MeasureId("adoption.typescript_share"): _typescript_share(evidence),
    }


def _kept(evidence: Evidence) -> float | None:
    history = evidence.history
    if not len(history.commit_time) or not history.paths:
        return None
    first = np.full(len(history.paths), np.iinfo(np.int64).max)
    np.minimum.at(first, history.changed_path, history.commit_time[history.changed_commit])
    long_ago = history.commit_time.max() - _YEAR_SECONDS
    patterns = [known.files for known in load_technologies().values() if known.files is not None]
    any_of_them = re.compile(b"|".join(b"(?:" + pattern.pattern + b")" for pattern in patterns))
    old = [
        path.lower()
        for path, time in zip(history.paths, first.tolist(), strict=True)
        if time <= long_ago and any_of_them.search(path.lower())
    ]
    now = [path.lower() for path in evidence.tree.paths if any_of_them.search(path.lower())]
    adopted = [pattern for pattern in patterns if any(pattern.search(path) for path in old)]
    kept = [pattern for pattern in adopted if any(pattern.search(path) for path in now)]
    return len(kept) / len(adopted) if adopted else None


def _typescript_share(evidence: Evidence) -> float | None:
    main = production(evidence.tree)
    typed = code_lines(file for file in main if file.language in {"typescript", "tsx"})
    untyped = code_lines(file for file in main if file.language == "javascript")
    return typed / (typed + untyped) if typed + untyped else None
