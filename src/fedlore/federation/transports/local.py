"""Participants in this very process: the same bytes pass as over a network."""

from __future__ import annotations

from dataclasses import dataclass

from fedlore.federation.messages import Signed
from fedlore.federation.participant import Participant
from fedlore.govern.audit.entry import Head


@dataclass(frozen=True, slots=True)
class LocalLink:
    """A link to a participant that lives in this process."""

    participant: Participant

    def advertise(self, opening: Signed) -> bytes:
        return self.participant.advertise(opening)

    def contribute(self, roster: bytes) -> bytes:
        return self.participant.contribute(roster)

    def unmask(self, request: bytes) -> bytes:
        return self.participant.unmask(request)

    def audit_head(self) -> Head:
        return self.participant.audit_head()

    def end(self, round_id: str) -> None:
        self.participant.end(round_id)

    def open_rounds(self, federation_id: str) -> list[str]:
        return self.participant.open_rounds(federation_id)

    def receive(self, release: Signed) -> None:
        self.participant.receive(release)
