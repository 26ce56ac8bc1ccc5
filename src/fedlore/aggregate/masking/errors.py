"""How a round of secure aggregation ends when it does not end well."""

from __future__ import annotations

from fedlore.catalogue.errors import FedloreError


class ProtocolError(FedloreError):
    """A message that no honest party sends, or one that comes out of turn; the receiver's state is unchanged."""


class ContributionError(FedloreError):
    """A contribution that cannot be added up exactly: wrong type, wrong length or out of range."""


class DropoutError(FedloreError):
    """Members of the roster are missing, so nothing can be opened; it says how many, never who."""

    def __init__(self, missing: int, expected: int) -> None:
        self.missing = missing
        self.expected = expected
        super().__init__(
            f"{missing} of {expected} members are missing: without them the masks of the others do not cancel, "
            "so nothing can be opened, and the round has to be started anew"
        )
