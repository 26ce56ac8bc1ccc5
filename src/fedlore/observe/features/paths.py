"""Whether the files at HEAD show a practice by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fedlore.observe.evidence import Answer, Place
from fedlore.observe.naming import is_by_others

_MOST_PLACES = 20


def at_head(paths: Sequence[bytes], pattern: re.Pattern[bytes], *, by_others: bool = False) -> Answer:
    """Whether the pattern matches one of the paths entirely; the places are the first of those that it matches.

    What came with vendored code (`naming.is_by_others`) is no practice of the project; ``by_others`` counts it too.
    """
    found = [path for path in paths if pattern.fullmatch(path) and (by_others or not is_by_others(path))]
    return Answer(bool(found), {"files found": len(found)}, tuple(Place(path, 1) for path in found[:_MOST_PLACES]))
