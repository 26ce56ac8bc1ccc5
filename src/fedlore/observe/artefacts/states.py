"""The states of planned work, and the many words for them."""

from __future__ import annotations

import re

BACKLOG, READY, IN_PROGRESS, REVIEW, DONE = STATES = ("backlog", "ready-for-dev", "in-progress", "review", "done")
"""The states of a story in their order, as the BMAD method's sprint file names them."""

BLOCKED, DEFERRED, DROPPED, OPTIONAL, OTHER = "blocked", "deferred", "dropped", "optional", "other"
"""States beside that order: waiting, put off, given up, not asked for (retrospectives), and all other words."""

_WORDS = {
    BACKLOG: "backlog todo to-do pending planned not-started draft new open proposed future-backlog",
    # The method's own sprint-status workflow takes the older `drafted` for ready-for-dev, `contexted` for in-progress.
    READY: "ready-for-dev drafted ready approved ready-for-development ready-for-implementation ready-to-implement",
    IN_PROGRESS: "in-progress inprogress contexted in-development in-dev wip started active doing implementing",
    REVIEW: "review in-review ready-for-review code-review under-review awaiting-review needs-review "
    "implementation-complete dev-complete in-testing ready-for-qa in-qa qa",
    DONE: "done complete completed closed finished shipped delivered fully-complete deployed released",
    BLOCKED: "blocked",
    DEFERRED: "deferred on-hold hold postponed parked paused post-mvp deferred-post-mvp future icebox later",
    DROPPED: "dropped superseded cancelled canceled deprecated retired skipped removed obsolete absorbed archived "
    "split wont-do won-t-do wont-fix rejected descoped out-of-scope replaced invalid",
    OPTIONAL: "optional",
}
_STATE = {word: state for state, words in _WORDS.items() for word in words.split()}
_VERDICTS = {
    "accepted": "accepted",
    "approved": "accepted",
    "accepted-with-open-items": "accepted-with-open-items",
    "accepted-with-conditions": "accepted-with-open-items",
    "rejected": "rejected",
    "not-accepted": "rejected",
}
_BETWEEN = re.compile(r"[\W_]+")
_ENDS = re.compile(r"[(\[{<|,;:.!—–/]| - ")
_LESS = frozenset(
    ("not", "partial", "partially", "parcial", "mostly", "nearly", "almost", "awaiting", "except", "until")
)
"""Words after a state that take it back."""

_LONGEST = 200


def state_of(word: str) -> str:
    """The state that a value of a sprint file stands for; `OTHER` for other words, ``""`` for no word at all."""
    plain = _plain(word[:_LONGEST])
    return _STATE.get(plain, OTHER) if plain else ""


def state_in(text: str) -> str:
    """The state that a line begins with, such as ``✅ Complete (2/2 stories)`` or ``blocked by 13.5``.

    `OTHER` if it begins with no state, or with one that the words after it take back; ``""`` for no word at all.
    """
    text = text[:_LONGEST].strip()
    text = re.sub(r"^\[[ xX]\]\s*", "", text)
    words = _plain(_ENDS.split(text, maxsplit=1)[0]).split("-")
    if words == [""]:
        return ""
    for count in range(len(words), 0, -1):
        state = _STATE.get("-".join(words[:count]))
        if state and _LESS.isdisjoint(words[count:]):
            return state
    return OTHER


def verdict_of(text: str) -> str:
    """``accepted``, ``accepted-with-open-items`` or ``rejected``; ``""`` for anything else.

    Source: the acceptance verdict of the BMAD method's retrospective, version 6.
    """
    return _VERDICTS.get(_plain(text[:_LONGEST]), "")


def _plain(text: str) -> str:
    return _BETWEEN.sub("-", text.lower()).strip("-")
