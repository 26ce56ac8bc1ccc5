"""What a participant keeps: memberships, repositories, its contributions and the insights that it received."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from fedlore.store.round_tables import contributions, insights, known_keys, memberships, repositories


@dataclass(frozen=True, slots=True)
class MembershipRow:
    federation_id: str
    coordinator_key: bytes
    terms: Mapping[str, Any]
    joined: float


@dataclass(frozen=True, slots=True)
class ContributionRow:
    """One round from this side; ``state`` is masked, unmasked (paid for good), void or expired.

    ``unmask`` opens nothing but the sum, leaves only when ``state`` says unmasked, and is gone once it is given up.
    """

    round_id: str
    federation_id: str
    plan: bytes
    roster: bytes
    masked: bytes
    unmask: bytes
    state: str


@dataclass(frozen=True, slots=True)
class InsightRow:
    round_id: str
    federation_id: str
    document: bytes
    signature: bytes


def set_membership(connection: Connection, row: MembershipRow, paths: Iterable[str]) -> None:
    """Keep a membership and its repositories, in place of what was kept of the same federation.

    It counts from when it was joined first: joining again renews no budget.
    """
    same = memberships.c.federation_id == row.federation_id
    first = connection.execute(select(memberships.c.joined).where(same)).scalar_one_or_none()
    connection.execute(delete(memberships).where(same))
    connection.execute(
        insert(memberships).values(
            federation_id=row.federation_id,
            coordinator_key=row.coordinator_key,
            terms=json.dumps(row.terms),
            joined=row.joined if first is None else min(first, row.joined),
        )
    )
    set_repositories(connection, row.federation_id, paths)


def memberships_of(connection: Connection) -> list[MembershipRow]:
    """Every federation that this participant is in, newest first."""
    found = connection.execute(select(memberships).order_by(memberships.c.joined.desc()))
    return [MembershipRow(r.federation_id, r.coordinator_key, json.loads(r.terms), r.joined) for r in found]


def set_repositories(connection: Connection, federation_id: str, paths: Iterable[str]) -> None:
    connection.execute(delete(repositories).where(repositories.c.federation_id == federation_id))
    for path in dict.fromkeys(paths):
        connection.execute(insert(repositories).values(federation_id=federation_id, path=path))


def repositories_of(connection: Connection, federation_id: str) -> list[str]:
    found = connection.execute(
        select(repositories.c.path).where(repositories.c.federation_id == federation_id).order_by(repositories.c.path)
    )
    return list(found.scalars())


def pin_keys(connection: Connection, federation_id: str, directory: Mapping[str, bytes]) -> list[str]:
    """Remember members' public keys at first sight; the names whose key is no longer the one remembered."""
    found = connection.execute(select(known_keys).where(known_keys.c.federation_id == federation_id))
    known = {row.organization: row.public_key for row in found}
    for name, key in directory.items():
        if name not in known:
            connection.execute(
                insert(known_keys).values(federation_id=federation_id, organization=name, public_key=key)
            )
    return sorted(name for name, key in directory.items() if known.get(name, key) != key)


def add_contribution(connection: Connection, row: ContributionRow, now: float) -> None:
    connection.execute(
        insert(contributions).values(
            round_id=row.round_id,
            federation_id=row.federation_id,
            plan=row.plan,
            roster=row.roster,
            masked=row.masked,
            unmask=row.unmask,
            state=row.state,
            changed=now,
        )
    )


def find_contribution(connection: Connection, round_id: str) -> ContributionRow | None:
    found = connection.execute(select(contributions).where(contributions.c.round_id == round_id)).first()
    if found is None:
        return None
    return ContributionRow(
        found.round_id,
        found.federation_id,
        found.plan,
        found.roster,
        found.masked,
        found.unmask,
        found.state,
    )


def first_joined(connection: Connection) -> float | None:
    """When this participant joined its first federation (Unix time); None if it is in none."""
    return connection.execute(select(func.min(memberships.c.joined))).scalar_one_or_none()


def masked_rounds(connection: Connection, federation_id: str) -> list[str]:
    """The rounds of a federation whose charge is still open."""
    mine = (contributions.c.federation_id == federation_id, contributions.c.state == "masked")
    found = connection.execute(select(contributions.c.round_id).where(*mine))
    return list(found.scalars())


def settle(connection: Connection, round_id: str, state: str, now: float) -> bool:
    """Move a contribution from masked to ``state``; False if it was not masked.

    What is not unmasked now never can be: the message that would do so is forgotten in the same statement.
    """
    forgotten = {} if state == "unmasked" else {"unmask": b""}
    changed = connection.execute(
        update(contributions)
        .where(contributions.c.round_id == round_id, contributions.c.state == "masked")
        .values(state=state, changed=now, **forgotten)
    )
    return changed.rowcount == 1


def add_insight(connection: Connection, row: InsightRow, now: float) -> None:
    """Keep a signed release; the same round again changes nothing."""
    known = connection.execute(select(insights.c.round_id).where(insights.c.round_id == row.round_id)).first()
    if known is None:
        connection.execute(
            insert(insights).values(
                round_id=row.round_id,
                federation_id=row.federation_id,
                document=row.document,
                signature=row.signature,
                received=now,
            )
        )


def insights_of(connection: Connection, federation_id: str | None = None) -> list[InsightRow]:
    """The releases received, oldest first."""
    query = select(insights).order_by(insights.c.received, insights.c.round_id)
    if federation_id is not None:
        query = query.where(insights.c.federation_id == federation_id)
    return [InsightRow(r.round_id, r.federation_id, r.document, r.signature) for r in connection.execute(query)]
