"""Technology trends: which well-known technologies a project uses at HEAD."""

from __future__ import annotations

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.technologies import Technology, load_technologies
from fedlore.observe.evidence import Evidence, Tree, Value
from fedlore.observe.features.sources import written
from fedlore.observe.naming import is_by_others

ASKED = ("python", "javascript", "typescript", "go", "rust", "docker", "github_actions", "pytest", "react")
"""The names of the dictionary that the catalogue has a measure for; nothing is said of any other technology."""


def features(evidence: Evidence) -> dict[MeasureId, Value]:
    """The measures of `measures/technology_trends.toml` for one project."""
    known = load_technologies()
    languages = {file.language for file in written(evidence.tree)}
    return {MeasureId(f"technology.{name}"): _is_used(known[name], evidence.tree, languages) for name in ASKED}


def _is_used(technology: Technology, tree: Tree, languages: set[str]) -> bool:
    if not technology.languages.isdisjoint(languages) or not technology.packages.isdisjoint(tree.packages):
        return True
    pattern = technology.files
    return pattern is not None and any(pattern.search(path.lower()) and not is_by_others(path) for path in tree.paths)
