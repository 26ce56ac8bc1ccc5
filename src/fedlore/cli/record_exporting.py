"""What `insights export --records` does: one's own rows, made coarser until k, l and t hold, into a file."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from fedlore.cli.common import acting_for, emit, first_joined, progress_bars, warn
from fedlore.cli.exporting import file_format, own_table
from fedlore.cli.output import Write, writable
from fedlore.federation.machine import Machine
from fedlore.federation.participant import Tools
from fedlore.federation.record_exporting import TABLES, RecordOrder, export_records
from fedlore.privacy.anonymity.guarantee import Guarantee
from fedlore.privacy.anonymity.tables import STORY_SENSITIVE, with_columns


@dataclass(frozen=True, slots=True)
class RecordWish:
    """The command's options."""

    table: str
    columns: tuple[str, ...]
    asked: Guarantee
    suppress: float
    output: Path
    consortium_id: str | None
    organization: str | None
    form: str


def export_as_records(wish: RecordWish) -> int:
    """Write the table, tell what it has and what was lost; the audit log has its entry before the file is there."""
    form = file_format(wish.output)
    if wish.table not in TABLES:
        raise click.BadParameter(f"records are of {' or '.join(TABLES)}", param_hint="--table")
    with writable(wish.output) as write:
        return _export(wish, form, write)


def _export(wish: RecordWish, form: str, write: Write) -> int:
    with progress_bars() as (looked, _):
        machine = Machine(looking=looked)
        federation_id = machine.chosen(wish.consortium_id)
        owner = acting_for(machine, federation_id, wish.organization) or first_joined(machine, federation_id)
        if wish.table == "projects":
            own = own_table(machine, federation_id, owner.organization, wish.table, wish.columns)
        else:
            own = own_table(machine, federation_id, owner.organization, wish.table)
            own = with_columns(own, wish.columns) if wish.columns else own
    outcomes = [str(measure.id) for measure in machine.catalogue.outcomes()]
    sensitive = outcomes if wish.table == "projects" else STORY_SENSITIVE
    order = RecordOrder(wish.table, form, wish.asked, wish.suppress)
    made = export_records(machine.database(owner.organization), order, own, sensitive, Tools(time.time, os.urandom))
    try:
        write(made.content)
    except OSError as error:
        raise click.ClickException(
            f"{wish.output} cannot be written: {error.strerror}; nothing was paid, but the audit log has an entry of "
            "this table: ask again once there is room, or with another --output"
        ) from None
    notes = [made.report["note"]]
    if made.report["earlier"]:
        notes.append(f"{made.report['earlier']} tables of {wish.table} were exported before, and k does not add up")
    warn(notes)
    payload = {"organization": owner.organization, "output": str(wish.output), **made.report}
    emit(wish.form, "insights.export.records", payload, partial(_show, payload))
    return 0


def _show(payload: Mapping[str, Any]) -> None:
    has, loss = payload["has"], payload["loss"]
    click.echo(f"wrote {payload['rows']} rows in {payload['classes']} classes to {payload['output']}")
    click.echo(f"at least k = {has['k']} rows look alike")
    if has["distinct_l"] is not None:
        click.echo(
            f"of {', '.join(payload['sensitive'])}: at least l = {has['distinct_l']} values in each "
            f"({has['entropy_l']:.2f} by entropy), at most t = {has['t']:.3f} from all rows"
        )
    click.echo(f"lost: {loss['gcp']:.1%} of what the columns say, {loss['suppressed']} rows left out")
    for name, share in loss["columns"].items():
        click.echo(f"  {name}: {share:.1%}")
