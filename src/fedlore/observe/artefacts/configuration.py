"""The method's own configuration: where a project keeps its artefacts. Its paths are compared, never opened."""

from __future__ import annotations

import re
from typing import Any

from fedlore.observe.artefacts.text import Troubles, lines_of, text_of

_KEYS = frozenset(
    (
        "output_folder",
        "planning_artifacts",
        "implementation_artifacts",
        "sprint_artifacts",
        "story_location",
        "dev_story_location",
        "devstorylocation",
        "prdshardedlocation",
        "architectureshardedlocation",
        "project_knowledge",
    )
)
_PAIR = re.compile(r"""\s{0,16}+([A-Za-z_]{1,40}+)\s{0,4}+[:=]\s{0,8}+(["']?+)([^"'#]{1,200}+)\2\s*+(?:#.*)?""")
_ROOT = re.compile(r"^(?:\{project-root\}|\$\{?PROJECT_ROOT\}?|\.)?/{0,2}")
_PART = re.compile(r"[\w.@+ -]{1,80}")
MOST_FOLDERS = 20


def read_configuration(data: bytes, troubles: Troubles) -> dict[str, Any]:
    """``{"folders": [...]}``: the folders that the configuration names, relative to the project's root.

    Read are ``key = "value"`` (TOML) and ``key: value`` (YAML) lines of the known keys and nothing else. A path that is
    absolute, leaves the root, or holds anything but plain names is told and left out.
    """
    folders: list[str] = []
    for number, line in enumerate(lines_of(text_of(data, troubles), troubles), 1):
        found = _PAIR.fullmatch(line)
        if not found or found[1].lower() not in _KEYS:
            continue
        folder = _folder(found[3].strip())
        if folder is None:
            troubles.add(f"a folder outside the project at line {number} was not followed")
        elif folder and folder not in folders and len(folders) < MOST_FOLDERS:
            folders.append(folder)
    return {"folders": folders}


def _folder(value: str) -> str | None:
    """The path without its root; ``""`` for the root itself, None for a path that leads elsewhere."""
    inside = _ROOT.sub("", value, count=1)
    if value.startswith(("/", "~", "\\")) or (value.startswith("{") and not value.startswith("{project-root}")):
        return None
    parts = [part for part in inside.split("/") if part not in ("", ".")]
    if any(part == ".." or not _PART.fullmatch(part) for part in parts):
        return None
    return "/".join(parts)
