"""Participants in this very process: the same bytes pass as over a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from fedlore.catalogue.plan import Plan
from fedlore.federation.caps import TakesNoPart
from fedlore.federation.messages import Signed
from fedlore.federation.participant import Participant
from fedlore.federation.policy import PolicyRefusal
from fedlore.govern.audit.entry import Head
from fedlore.privacy.ledger import Charge


@dataclass(frozen=True, slots=True)
class LocalLink:
    """A link to a participant that lives in this process."""

    participant: Participant

    def check_room(self, plans: Sequence[Plan], wanted: Sequence[Charge]) -> None:
        with self._named():
            self.participant.check_room(plans, wanted)

    def advertise(self, opening: Signed) -> bytes:
        with self._named():
            return self.participant.advertise(opening)

    def contribute(self, roster: bytes) -> bytes:
        with self._named():
            return self.participant.contribute(roster)

    def unmask(self, request: bytes) -> bytes:
        return self.participant.unmask(request)

    def audit_head(self, known: Head) -> Head:
        return self.participant.audit_head(known)

    def end(self, round_id: str) -> None:
        self.participant.end(round_id)

    def open_rounds(self, federation_id: str) -> list[str]:
        return self.participant.open_rounds(federation_id)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Say who refuses: on one machine that is no secret."""
        name = self.participant.name
        try:
            yield
        except PolicyRefusal as error:
            raise PolicyRefusal(f"{name}: {error}") from error
        except TakesNoPart as error:
            raise TakesNoPart(
                f"{name} takes no part in this round; its owner sees why with fedlore budget status "
                f"--organization {name}"
            ) from error

    def receive(self, release: Signed) -> None:
        self.participant.receive(release)
