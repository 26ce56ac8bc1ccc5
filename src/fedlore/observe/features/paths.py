"""Whether the files at HEAD show a practice by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fedlore.observe.evidence import Answer, Place

_MOST_PLACES = 20


def at_head(paths: Sequence[bytes], pattern: re.Pattern[bytes]) -> Answer:
    """Whether the pattern matches one of the paths entirely; the places are the first of those that it matches."""
    found = [path for path in paths if pattern.fullmatch(path)]
    return Answer(bool(found), {"files found": len(found)}, tuple(Place(path, 1) for path in found[:_MOST_PLACES]))
