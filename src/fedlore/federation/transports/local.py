"""Participants in this very process: the same bytes pass as over a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fedlore.federation.messages import Signed
from fedlore.federation.participant import Participant
from fedlore.federation.policy import PolicyRefusal
from fedlore.govern.audit.entry import Head


@dataclass(frozen=True, slots=True)
class LocalLink:
    """A link to a participant that lives in this process."""

    participant: Participant

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
        """Say whose policy refuses: on one machine that is no secret."""
        try:
            yield
        except PolicyRefusal as error:
            raise PolicyRefusal(f"{self.participant.name}: {error}") from error

    def receive(self, release: Signed) -> None:
        self.participant.receive(release)
