"""The scopes of a ledger that are no federation's, and how none of them is mistaken for one.

A federation's own scope is its id, which its coordinator chooses: no federation is made or joined under such a word.
"""

from __future__ import annotations

from fedlore.govern.audit.entry import is_id
from fedlore.privacy.ledger import BudgetError

ALL = "all"  # all scopes together, in the words of a refusal
EACH_PROJECT = "each-project"
EXPORTS = "synthetic"
TRACKER = "tracker"
RESERVED = frozenset({ALL, EACH_PROJECT, EXPORTS, TRACKER})


def check_federation(federation_id: str) -> str:
    """An id that may be a federation's; raises `BudgetError` for another."""
    if federation_id in RESERVED or not is_id(federation_id):
        raise BudgetError(
            f"no consortium may have the id {federation_id!r}: an id has up to 200 ASCII letters, digits and "
            f"._:/~+=[]-, and {', '.join(sorted(RESERVED))} mean something else in a ledger; choose another"
        )
    return federation_id
