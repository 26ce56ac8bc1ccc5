"""What a coordinator keeps: federations, members, rounds and their messages, inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from fedlore.catalogue.errors import FedloreError
from fedlore.store.round_tables import federations, members, messages, rounds


class StoreConflict(FedloreError):
    """What is to be kept contradicts what is kept already."""


@dataclass(frozen=True, slots=True)
class FederationRow:
    federation_id: str
    level: str
    terms: Mapping[str, Any]
    created: float


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member; ``state`` is invited or joined, ``terms`` what it stated of itself when it joined."""

    organization: str
    state: str
    public_key: bytes | None
    terms: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoundRow:
    """One round; ``state`` is open, unmasking (its charge is final), released or ended."""

    round_id: str
    federation_id: str
    state: str
    plan: bytes
    config: Mapping[str, Any]
    opened: float
    release: bytes | None
    signature: bytes | None


def add_federation(connection: Connection, row: FederationRow) -> None:
    connection.execute(
        insert(federations).values(
            federation_id=row.federation_id, level=row.level, terms=json.dumps(row.terms), created=row.created
        )
    )


def all_federations(connection: Connection) -> list[FederationRow]:
    """Every federation, newest first."""
    found = connection.execute(select(federations).order_by(federations.c.created.desc(), federations.c.federation_id))
    return [FederationRow(r.federation_id, r.level, json.loads(r.terms), r.created) for r in found]


def save_member(connection: Connection, federation_id: str, row: MemberRow, now: float) -> None:
    """Invite a member, or let an invited one join; one that has joined stays as it is (`StoreConflict`)."""
    key = (members.c.federation_id == federation_id, members.c.organization == row.organization)
    values = {"state": row.state, "public_key": row.public_key, "terms": json.dumps(row.terms), "changed": now}
    changed = connection.execute(update(members).where(*key, members.c.state == "invited").values(**values))
    if changed.rowcount:
        return
    if connection.execute(select(members.c.state).where(*key)).first() is not None:
        raise StoreConflict(f"{row.organization} has joined this consortium already")
    connection.execute(insert(members).values(federation_id=federation_id, organization=row.organization, **values))


def members_of(connection: Connection, federation_id: str) -> list[MemberRow]:
    found = connection.execute(
        select(members).where(members.c.federation_id == federation_id).order_by(members.c.organization)
    )
    return [MemberRow(r.organization, r.state, r.public_key, json.loads(r.terms)) for r in found]


def add_round(connection: Connection, row: RoundRow) -> None:
    newest = connection.execute(select(func.coalesce(func.max(rounds.c.sequence), 0))).scalar_one()
    connection.execute(
        insert(rounds).values(
            round_id=row.round_id,
            federation_id=row.federation_id,
            state=row.state,
            plan=row.plan,
            config=json.dumps(row.config),
            opened=row.opened,
            sequence=newest + 1,
        )
    )


def find_round(connection: Connection, round_id: str) -> RoundRow | None:
    found = connection.execute(select(rounds).where(rounds.c.round_id == round_id)).first()
    return None if found is None else _round(found)


def rounds_in(connection: Connection, federation_id: str, *states: str) -> list[RoundRow]:
    """The federation's rounds in these states, oldest first."""
    found = connection.execute(
        select(rounds)
        .where(rounds.c.federation_id == federation_id, rounds.c.state.in_(states))
        .order_by(rounds.c.sequence)
    )
    return [_round(row) for row in found]


def advance(connection: Connection, round_id: str, before: str, after: str, **values: bytes) -> bool:
    """Move a round from one state to another; False if it was not in the first."""
    changed = connection.execute(
        update(rounds).where(rounds.c.round_id == round_id, rounds.c.state == before).values(state=after, **values)
    )
    return changed.rowcount == 1


def is_in(connection: Connection, round_id: str, state: str) -> bool:
    """Whether there is such a round in this state."""
    found = connection.execute(select(rounds.c.state).where(rounds.c.round_id == round_id)).scalar_one_or_none()
    return found == state


def add_message(connection: Connection, round_id: str, phase: str, participant: str, body: bytes) -> None:
    """Keep one message of a round; the same again changes nothing, another in its place is a `StoreConflict`."""
    kept = messages_of(connection, round_id, phase).get(participant)
    if kept is None:
        connection.execute(insert(messages).values(round_id=round_id, phase=phase, participant=participant, body=body))
    elif kept != body:
        raise StoreConflict(f"{participant} sent a second, different {phase} message")


def messages_of(connection: Connection, round_id: str, phase: str) -> dict[str, bytes]:
    found = connection.execute(
        select(messages.c.participant, messages.c.body)
        .where(messages.c.round_id == round_id, messages.c.phase == phase)
        .order_by(messages.c.participant)
    )
    return {row.participant: row.body for row in found}


def _round(row: Any) -> RoundRow:
    return RoundRow(
        row.round_id,
        row.federation_id,
        row.state,
        row.plan,
        json.loads(row.config),
        row.opened,
        row.release,
        row.signature,
    )
