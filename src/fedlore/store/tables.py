"""The tables of the ledger and the audit log, on the metadata that every module of tables shares."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
)

from fedlore.store.rules import refuse

metadata = MetaData()


def word(length: int | None = None) -> String:
    """Text that every kind of database compares and sorts by its code points, whatever its locale."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


charges = Table(
    "charges",
    metadata,
    Column("operation_id", word(200), primary_key=True),
    Column("scope", word(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("epsilon_micro", BigInteger, nullable=False),
    Column("delta_e15", BigInteger, nullable=False),
    Column("actual_epsilon_micro", BigInteger),
    Column("actual_delta_e15", BigInteger),
    Column("event", Text, nullable=False),  # RFC 8785 canonical JSON
    Column("reserved_at_us", BigInteger, nullable=False),
    Column("settled_at_us", BigInteger),
    Column("expires_at_us", BigInteger, nullable=False, server_default="0"),  # 0: a reservation that never expires
    CheckConstraint("state IN ('reserved', 'committed', 'void', 'expired')", name="charges_state"),
    CheckConstraint("epsilon_micro > 0 AND delta_e15 >= 0", name="charges_price"),
    CheckConstraint("(state = 'committed') = (actual_epsilon_micro IS NOT NULL)", name="charges_actual"),
    CheckConstraint("(state = 'reserved') = (settled_at_us IS NULL)", name="charges_settled"),
    Index("charges_scope_state", "scope", "state"),
)

charge_projects = Table(
    "charge_projects",
    metadata,
    Column("operation_id", word(200), ForeignKey("charges.operation_id"), primary_key=True),
    Column("project", word(64), primary_key=True),  # a fingerprint under the owner's own salt
    Index("charge_projects_project", "project"),
)

project_kin = Table(  # two fingerprints of one project, for good: what either has spent both have
    "project_kin",
    metadata,
    Column("project", word(64), primary_key=True),
    Column("kin", word(64), primary_key=True),
)

budgets = Table(
    "budgets",
    metadata,
    Column("scope", word(200), primary_key=True),
    Column("epsilon_micro", BigInteger, nullable=False),
    Column("delta_e15", BigInteger, nullable=False),
    Column("fixed_at_us", BigInteger, nullable=False),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("entry_index", BigInteger, primary_key=True, autoincrement=False),
    Column("previous_hash", String(64), nullable=False, unique=True),
    Column("time_us", BigInteger, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("body", Text, nullable=False),  # RFC 8785 canonical JSON
    Column("entry_hash", String(64), nullable=False, unique=True),
)


refuse(audit_entries, "UPDATE", "audit entries are never changed")
refuse(audit_entries, "DELETE", "audit entries are never deleted")
refuse(charges, "DELETE", "charges are never deleted")
refuse(
    charges,
    "UPDATE",
    "only a reserved charge may be settled, at its own price",
    "old.state <> 'reserved' OR new.state = 'reserved' OR new.operation_id <> old.operation_id "
    "OR new.scope <> old.scope OR new.epsilon_micro <> old.epsilon_micro OR new.delta_e15 <> old.delta_e15 "
    "OR new.event <> old.event OR new.reserved_at_us <> old.reserved_at_us OR new.expires_at_us <> old.expires_at_us "
    "OR new.actual_epsilon_micro > old.epsilon_micro OR new.actual_delta_e15 > old.delta_e15",
)
refuse(charge_projects, "UPDATE", "what a charge covered is never changed")
refuse(charge_projects, "DELETE", "what a charge covered is never changed")
refuse(project_kin, "UPDATE", "what is one project stays one")
refuse(project_kin, "DELETE", "what is one project stays one")
refuse(budgets, "UPDATE", "a total is fixed once")
refuse(budgets, "DELETE", "a total is fixed once")
