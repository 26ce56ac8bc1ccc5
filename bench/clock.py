"""How long some work takes."""

from __future__ import annotations

import time
from collections.abc import Callable


def timed(work: Callable[[], object]) -> float:
    """Seconds from beginning to end of the work."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
