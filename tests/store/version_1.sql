-- The schema as version 1 made it, of SQLite, with all its tables.
CREATE TABLE charges (
    operation_id VARCHAR(200) NOT NULL,
    scope VARCHAR(200) NOT NULL,
    state VARCHAR(16) NOT NULL,
    epsilon_micro BIGINT NOT NULL,
    delta_e15 BIGINT NOT NULL,
    actual_epsilon_micro BIGINT,
    actual_delta_e15 BIGINT,
    event TEXT NOT NULL,
    reserved_at_us BIGINT NOT NULL,
    settled_at_us BIGINT,
    PRIMARY KEY (operation_id),
    CONSTRAINT charges_state CHECK (state IN ('reserved', 'committed', 'void')),
    CONSTRAINT charges_price CHECK (epsilon_micro > 0 AND delta_e15 >= 0),
    CONSTRAINT charges_actual CHECK ((state = 'committed') = (actual_epsilon_micro IS NOT NULL)),
    CONSTRAINT charges_settled CHECK ((state = 'reserved') = (settled_at_us IS NULL))
);
CREATE INDEX charges_scope_state ON charges (scope, state);
CREATE TRIGGER charges_refuse_delete BEFORE DELETE ON charges
BEGIN SELECT RAISE(ABORT, 'charges are never deleted'); END;
CREATE TRIGGER charges_refuse_update BEFORE UPDATE ON charges
WHEN old.state <> 'reserved'
    OR new.state = 'reserved'
    OR new.operation_id <> old.operation_id
    OR new.scope <> old.scope
    OR new.epsilon_micro <> old.epsilon_micro
    OR new.delta_e15 <> old.delta_e15
    OR new.event <> old.event
    OR new.actual_epsilon_micro > old.epsilon_micro
    OR new.actual_delta_e15 > old.delta_e15
BEGIN SELECT RAISE(ABORT, 'only a reserved charge may be settled, at its own price'); END;
CREATE TABLE budgets (
    scope VARCHAR(200) NOT NULL,
    epsilon_micro BIGINT NOT NULL,
    delta_e15 BIGINT NOT NULL,
    fixed_at_us BIGINT NOT NULL,
    PRIMARY KEY (scope)
);
CREATE TRIGGER budgets_refuse_update BEFORE UPDATE ON budgets 
BEGIN SELECT RAISE(ABORT, 'a total is fixed once'); END;
CREATE TRIGGER budgets_refuse_delete BEFORE DELETE ON budgets 
BEGIN SELECT RAISE(ABORT, 'a total is fixed once'); END;
CREATE TABLE audit_entries (
    entry_index BIGINT NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    time_us BIGINT NOT NULL,
    kind VARCHAR(64) NOT NULL,
    body TEXT NOT NULL,
    entry_hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (entry_index),
    UNIQUE (previous_hash),
    UNIQUE (entry_hash)
);
CREATE TRIGGER audit_entries_refuse_update BEFORE UPDATE ON audit_entries 
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_entries_refuse_delete BEFORE DELETE ON audit_entries 
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;
CREATE TABLE federations (
    federation_id VARCHAR NOT NULL,
    level VARCHAR NOT NULL,
    terms TEXT NOT NULL,
    created FLOAT NOT NULL,
    PRIMARY KEY (federation_id)
);
CREATE TABLE rounds (
    round_id VARCHAR NOT NULL,
    federation_id VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    "plan" BLOB NOT NULL,
    config TEXT NOT NULL,
    opened FLOAT NOT NULL,
    release BLOB,
    signature BLOB,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (round_id)
);
CREATE TABLE memberships (
    federation_id VARCHAR NOT NULL,
    coordinator_key BLOB NOT NULL,
    terms TEXT NOT NULL,
    joined FLOAT NOT NULL,
    PRIMARY KEY (federation_id)
);
CREATE TABLE repositories (
    federation_id VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    PRIMARY KEY (federation_id, path)
);
CREATE TABLE contributions (
    round_id VARCHAR NOT NULL,
    federation_id VARCHAR NOT NULL,
    "plan" BLOB NOT NULL,
    roster BLOB NOT NULL,
    masked BLOB NOT NULL,
    unmask BLOB NOT NULL,
    state VARCHAR NOT NULL,
    changed FLOAT NOT NULL,
    PRIMARY KEY (round_id)
);
CREATE TABLE insights (
    round_id VARCHAR NOT NULL,
    federation_id VARCHAR NOT NULL,
    document BLOB NOT NULL,
    signature BLOB NOT NULL,
    received FLOAT NOT NULL,
    PRIMARY KEY (round_id)
);
CREATE TABLE known_keys (
    federation_id VARCHAR NOT NULL,
    organization VARCHAR NOT NULL,
    public_key BLOB NOT NULL,
    PRIMARY KEY (federation_id, organization)
);
CREATE TABLE known_heads (
    owner VARCHAR NOT NULL,
    entry_index INTEGER NOT NULL,
    entry_hash VARCHAR NOT NULL,
    PRIMARY KEY (owner)
);
CREATE TABLE members (
    federation_id VARCHAR NOT NULL,
    organization VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    public_key BLOB,
    terms TEXT NOT NULL,
    changed FLOAT NOT NULL,
    PRIMARY KEY (federation_id, organization),
    FOREIGN KEY(federation_id) REFERENCES federations (federation_id)
);
CREATE TABLE messages (
    round_id VARCHAR NOT NULL,
    phase VARCHAR NOT NULL,
    participant VARCHAR NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (round_id, phase, participant),
    FOREIGN KEY(round_id) REFERENCES rounds (round_id)
);
PRAGMA user_version = 1;
