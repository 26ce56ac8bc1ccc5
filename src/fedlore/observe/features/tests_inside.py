"""Source files that hold their own tests: whether a change to one comes with tests, its path does not tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fedlore.observe.evidence import Answer, Evidence
from fedlore.observe.features.answers import count
from fedlore.observe.features.commits import Mask, changed_files
from fedlore.observe.features.sources import production

_MARKED = frozenset({"cpp", "csharp", "java", "kotlin", "rust"})
"""The languages that mark a test function; in others a name such as ``test_client`` makes no test."""

_LEFT_OUT = "left out, as a source file that they change holds tests itself"


def may_hold_tests(evidence: Evidence) -> Mask:
    """Which commits change a source file, none of the tests by its name, in which test functions stand at HEAD."""
    history = evidence.history
    holding = {
        file.path
        for file in production(evidence.tree)
        if file.language in _MARKED and file.counts.get("test_functions", 0) > 0
    }
    if not holding:
        return np.zeros(history.commits, np.bool_)
    return changed_files(history, np.array([path in holding for path in history.paths], np.bool_)) > 0


def are_mostly(part: Mask, whole: Mask) -> bool:
    """Whether more than half of ``whole`` is also in ``part``."""
    return 2 * count(part & whole) > count(whole)


def with_left_out(answer: Answer, left_out: Mask, changes: Mask) -> Answer:
    """The answer, with how many of the changes it leaves out; absent where these are more than half of them."""
    number = count(left_out & changes)
    if not number:
        return answer
    value = None if are_mostly(left_out, changes) else answer.value
    return replace(answer, value=value, because={**answer.because, _LEFT_OUT: number})
