"""Tables of both sides: what a coordinator keeps of members and rounds, and what a participant keeps."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Integer, LargeBinary, Table, Text

from fedlore.store.tables import metadata, word

federations = Table(
    "federations",
    metadata,
    Column("federation_id", word(), primary_key=True),
    Column("level", word(), nullable=False),
    Column("terms", Text, nullable=False),
    Column("created", Float, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("federation_id", word(), ForeignKey("federations.federation_id"), primary_key=True),
    Column("organization", word(), primary_key=True),
    Column("state", word(), nullable=False),
    Column("public_key", LargeBinary),
    Column("terms", Text, nullable=False),
    Column("changed", Float, nullable=False),
)

rounds = Table(
    "rounds",
    metadata,
    Column("round_id", word(), primary_key=True),
    Column("federation_id", word(), nullable=False),
    Column("state", word(), nullable=False),
    Column("plan", LargeBinary, nullable=False),
    Column("config", Text, nullable=False),
    Column("opened", Float, nullable=False),
    Column("release", LargeBinary),
    Column("signature", LargeBinary),
    Column("sequence", Integer, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("round_id", word(), ForeignKey("rounds.round_id"), primary_key=True),
    Column("phase", word(), primary_key=True),
    Column("participant", word(), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("federation_id", word(), primary_key=True),
    Column("coordinator_key", LargeBinary, nullable=False),
    Column("terms", Text, nullable=False),
    Column("joined", Float, nullable=False),
)

repositories = Table(
    "repositories",
    metadata,
    Column("federation_id", word(), primary_key=True),
    Column("path", word(), primary_key=True),
)

contributions = Table(
    "contributions",
    metadata,
    Column("round_id", word(), primary_key=True),
    Column("federation_id", word(), nullable=False),
    Column("plan", LargeBinary, nullable=False),
    Column("roster", LargeBinary, nullable=False),
    Column("masked", LargeBinary, nullable=False),
    Column("unmask", LargeBinary, nullable=False),
    Column("state", word(), nullable=False),
    Column("changed", Float, nullable=False),
)

insights = Table(
    "insights",
    metadata,
    Column("round_id", word(), primary_key=True),
    Column("federation_id", word(), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("received", Float, nullable=False),
)

known_keys = Table(
    "known_keys",
    metadata,
    Column("federation_id", word(), primary_key=True),
    Column("organization", word(), primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
)

known_heads = Table(
    "known_heads",
    metadata,
    Column("owner", word(), primary_key=True),
    Column("entry_index", Integer, nullable=False),
    Column("entry_hash", word(), nullable=False),
)
