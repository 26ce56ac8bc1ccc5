"""Read one artefact of planned work, whatever its bytes are: a table of plain JSON values and one warning at most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fedlore.observe.artefacts import kinds
from fedlore.observe.artefacts.configuration import read_configuration
from fedlore.observe.artefacts.documents import (
    read_architecture,
    read_epics,
    read_requirements,
    read_retrospective,
    read_specification,
)
from fedlore.observe.artefacts.sprint import read_sprint
from fedlore.observe.artefacts.story import read_story
from fedlore.observe.artefacts.text import Troubles

LARGEST_BYTES = 2_000_000

_READERS: dict[str, Callable[[bytes, Troubles], dict[str, Any]]] = {
    kinds.SPRINT: read_sprint,
    kinds.STORY: read_story,
    kinds.RETROSPECTIVE: read_retrospective,
    kinds.SPECIFICATION: read_specification,
    kinds.EPICS: read_epics,
    kinds.REQUIREMENTS: read_requirements,
    kinds.ARCHITECTURE: read_architecture,
    kinds.CONFIGURATION: read_configuration,
}
ARTEFACT_KINDS = frozenset(_READERS)


def read_artefact(kind: str, data: bytes) -> tuple[dict[str, Any], str]:
    """What an artefact of this kind (one of `ARTEFACT_KINDS`) holds, and a sentence about what was not read, or ``""``.

    The readers say what their tables hold. Bytes beyond `LARGEST_BYTES` are not read. No bytes raise anything.
    """
    troubles = Troubles()
    if len(data) > LARGEST_BYTES:
        troubles.add(f"only the first {LARGEST_BYTES} bytes were read")
    return _READERS[kind](data[:LARGEST_BYTES], troubles), troubles.warning
