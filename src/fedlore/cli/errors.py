"""Which exit code an error means; `fedlore.cli.main.EXIT_CODES` says them in words."""

from __future__ import annotations

from fedlore.aggregate.masking.errors import DropoutError, ProtocolError
from fedlore.catalogue.errors import FedloreError, ToolError
from fedlore.federation.coordinator import NoSuchFederation, RoundError
from fedlore.federation.home import HomeError
from fedlore.federation.identity import IdentityError
from fedlore.federation.messages import SignatureError
from fedlore.federation.policy import PolicyRefusal
from fedlore.observe.opening import RepositoryError
from fedlore.privacy.auditing.audit import ClaimExceeded
from fedlore.privacy.ledger import BudgetError, BudgetExceeded
from fedlore.privacy.planner import NothingToSay
from fedlore.store.database import DatabaseError

UNEXPECTED, USAGE, NOT_FOUND, NOTHING, BUDGET, POLICY, ENDED, EXCEEDED = 1, 2, 3, 4, 5, 6, 7, 8
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
    (ClaimExceeded, EXCEEDED),
    (SignatureError, UNEXPECTED),
    (DatabaseError, UNEXPECTED),
    (HomeError, UNEXPECTED),
    (IdentityError, UNEXPECTED),
    (ToolError, UNEXPECTED),
    (OSError, UNEXPECTED),
    (FedloreError, USAGE),
)


def exit_code(error: Exception) -> int:
    """The documented exit code of an error: the first class of the table that it is of."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), UNEXPECTED)
