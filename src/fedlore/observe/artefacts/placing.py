"""Which artefacts lie where a project keeps its own planned work."""

from __future__ import annotations

from collections.abc import Collection

from fedlore.observe.artefacts import kinds

_USUAL = frozenset(
    b"_bmad-output bmad-output docs doc sprint-artifacts implementation-artifacts planning-artifacts stories specs "
    b"epics sprints prd".split()
)
_ANYWHERE = frozenset((kinds.SPRINT, kinds.RETROSPECTIVE, kinds.CONFIGURATION))
_AT_THE_ROOT = frozenset((kinds.REQUIREMENTS, kinds.ARCHITECTURE, kinds.EPICS))


def is_placed(path: bytes, kind: str, configured: Collection[str] = ()) -> bool:
    """Whether an artefact lies in a usual folder or below one that the configuration names.

    Sprint files and retrospectives have names of their own and count anywhere; ``prd.md``, ``architecture.md`` and
    ``epics.md`` count at the root too. ``configured`` are paths relative to the root.
    """
    folders = path.lower().split(b"/")[:-1]
    if kind in _ANYWHERE or (not folders and kind in _AT_THE_ROOT):
        return True
    return not _USUAL.isdisjoint(folders) or any(is_below(path, folder) for folder in configured)


def is_below(path: bytes, folder: str) -> bool:
    """Whether a file lies in a folder or below it; every file lies below the root, ``""``."""
    return not folder or path.startswith(folder.encode() + b"/")
