"""Which exit code an error means (see `fedlore --help`)."""

from __future__ import annotations

from fedlore.aggregate.masking.errors import DropoutError, ProtocolError
from fedlore.federation.coordinator import NoSuchFederation, RoundError
from fedlore.federation.policy import PolicyRefusal
from fedlore.observe.opening import RepositoryError
from fedlore.privacy.ledger import BudgetError, BudgetExceeded
from fedlore.privacy.planner import NothingToSay
from fedlore.store.database import DatabaseError

USAGE, NOT_FOUND, NOTHING, BUDGET, POLICY, ENDED = 2, 3, 4, 5, 6, 7
_CODES: tuple[tuple[type[Exception], int], ...] = (
    (NoSuchFederation, NOT_FOUND),
    (RepositoryError, NOT_FOUND),
    (NothingToSay, NOTHING),
    (BudgetExceeded, BUDGET),
    (BudgetError, USAGE),
    (PolicyRefusal, POLICY),
    (DropoutError, ENDED),
    (ProtocolError, ENDED),
    (RoundError, ENDED),
    (DatabaseError, 1),
    (OSError, 1),
    (ValueError, USAGE),
)


def exit_code(error: Exception) -> int:
    """The documented exit code of an error: the first class of the table that it is of."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), 1)
