"""What `insights export` does: hand on to whichever kind of export was asked for."""

from __future__ import annotations

import json
import os
import shlex
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import click

from fedlore.cli.common import acting_for, emit, first_joined, progress_bars, warn
from fedlore.cli.output import Write, writable
from fedlore.federation.exporting import Order, export_synthetic, measures_of, price_paid, projects_for
from fedlore.federation.machine import Machine, readable, told_of
from fedlore.federation.participant import Tools
from fedlore.observe.project import Observed
from fedlore.observe.record_reading import read_histories, read_stories
from fedlore.observe.record_tables import commit_table, story_table
from fedlore.privacy.ledger import DELTA_UNIT, EPSILON_UNIT, delta_e15, epsilon_micro
from fedlore.privacy.planner import NothingToSay
from fedlore.privacy.synthetic.aim import first_deviation
from fedlore.privacy.synthetic.projects import project_table
from fedlore.privacy.synthetic.spending import budget_for
from fedlore.privacy.synthetic.table import Table
from fedlore.privacy.synthetic.writing import FORMATS


@dataclass(frozen=True, slots=True)
class Wish:
    """The command's options; ``epsilon`` and ``delta`` are None for those of one round of the federation."""

    table: str
    columns: tuple[str, ...]
    epsilon: str | None
    delta: str | None
    output: Path | None
    operation_id: str | None
    dry_run: bool
    consortium_id: str | None
    organization: str | None
    form: str


def export_as_synthetic(wish: Wish) -> int:
    """Make a synthetic table of one's own rows, paid for in one's own ledger, and write it to a file."""
    form = file_format(wish.output)
    with ExitStack() as stack:
        write = None if wish.dry_run or wish.output is None else stack.enter_context(writable(wish.output))
        return _export(wish, form, write)


def _export(wish: Wish, form: str, write: Write | None) -> int:
    with progress_bars() as (looked, _):
        machine = Machine(looking=looked)
        federation_id = machine.chosen(wish.consortium_id)
        owner = acting_for(machine, federation_id, wish.organization) or first_joined(machine, federation_id)
        terms = machine.coordinator.terms(federation_id)
        database = machine.database(owner.organization)
        paid = None if wish.operation_id is None else price_paid(database, wish.operation_id)
        offered = (terms.epsilon_round_micro, terms.delta_round_e15) if paid is None else paid
        price = (
            offered[0] if wish.epsilon is None else epsilon_micro(wish.epsilon),
            offered[1] if wish.delta is None else delta_e15(wish.delta),
        )
        order = Order(wish.operation_id or str(uuid.uuid4()), wish.table, form, budget_for(*price))
        named = machine.named_projects(federation_id, owner.organization)
        covered = projects_for(database, federation_id, order, [name for _, name in named], time.time())
        projects = [project for project, name in named if name in covered]
        warn(_notes(machine.observed(federation_id, [owner.organization]), len(named) - len(projects)))
        real = own_table(machine, federation_id, owner.organization, wish.table, wish.columns, projects)
        about = {
            "organization": owner.organization,
            "operation_id": order.operation_id,
            **order.about,
            "projects_left_out": len(named) - len(projects),
        }
        if write is None:
            return _preview(
                {**about, "first_noise_rows": first_deviation(len(real.shape), order.budget.limit)}, real, wish
            )
        if not real.rows:
            raise NothingToSay(f"{owner.organization} has no {wish.table} to learn from; nothing was spent")
        start = time.monotonic()
        kept = export_synthetic(
            database,
            federation_id,
            order,
            real,
            Tools(time.time, os.urandom),
            lambda: time.monotonic() - start,
            covered,
        )
    try:
        write(kept.content)
    except OSError as error:
        again = _command(wish, order, federation_id, owner.organization)
        raise click.ClickException(
            f"{wish.output} cannot be written: {error.strerror}; the table is paid for and kept; once there is room, "
            f"or with another --output of the same ending, this gives it again and costs nothing: {again}"
        ) from None
    payload = {**about, "output": str(wish.output), **json.loads(kept.report)}
    emit(wish.form, "insights.export", payload, partial(_show, payload))
    return 0


def file_format(output: Path | None) -> str:
    """The format that a file's name asks for; raises `click.BadParameter` for any other, or without a folder."""
    if output is None:
        return FORMATS[0]
    form = output.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        raise click.BadParameter(f"{output.name!r} ends neither in .csv nor in .json", param_hint="--output")
    if not output.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {output.absolute().parent}", param_hint="--output")
    return form


def own_table(
    machine: Machine,
    federation_id: str,
    organization: str,
    table: str,
    columns: Sequence[str] = (),
    projects: Sequence[Observed] | None = None,
) -> Table:
    """A member's own projects (with these measures), stories or commits as rows of codes; nothing leaves.

    Made of ``projects`` alone if they are given, else of all that the member takes part with.
    """
    if table == "projects":
        if projects is None:
            projects = machine.observed(federation_id, [organization])
            warn(told_of(projects))
        return project_table(measures_of(machine.catalogue, columns), readable(projects))
    if columns:
        raise click.BadParameter("only a table of projects has columns to choose", param_hint="--column")
    paths = machine.paths(federation_id, organization) if projects is None else [one.path for one in projects]
    cache = machine.home.participant(organization) / "cache.sqlite"
    if table == "stories":
        return story_table(list(read_stories(paths, cache)))
    return commit_table(list(read_histories(paths, cache)))


def _notes(seen: Sequence[Observed], left_out: int) -> list[str]:
    more = "has spent a budget of its own and is" if left_out == 1 else "have spent a budget of their own and are"
    return [*told_of(seen), *([f"{left_out} of the projects {more} left out"] if left_out else [])]


def _preview(about: Mapping[str, Any], real: Table, wish: Wish) -> int:
    columns = {column.name: list(column.labels) for column in real.columns}
    payload = {**about, "dry_run": True, "columns": columns, "rows_here": real.rows}

    def show() -> None:
        click.echo(f"{about['table']}: {real.rows} rows here, {len(columns)} columns; nothing was spent or written")
        click.echo(f"would be {_price(about)}")
        click.echo(f"the first counts would get noise of deviation {about['first_noise_rows']:.3g} rows")
        for name, labels in columns.items():
            click.echo(f"  {name}: {', '.join(labels)}")

    emit(wish.form, "insights.export.dry-run", payload, show)
    return 0


def _command(wish: Wish, order: Order, federation_id: str, organization: str) -> str:
    """The command line that gives what ``order`` has paid for once more: at its own price, whatever terms say then."""
    charge = order.budget.charge
    options = {
        "--table": wish.table,
        "--epsilon": _exact(charge.epsilon_micro, EPSILON_UNIT),
        "--delta": _exact(charge.delta_e15, DELTA_UNIT),
        "--output": str(wish.output),
        "--operation-id": order.operation_id,
        "--consortium-id": federation_id,
        "--organization": organization,
        "--format": wish.form,
    }
    columns = [("--column", name) for name in wish.columns]
    parts = [part for pair in (*options.items(), *columns) for part in pair]
    name = click.get_current_context().find_root().info_name or "fedlore"
    return shlex.join([name, "insights", "export", "--synthetic", *parts])


def _exact(number: int, unit: int) -> str:
    """``number / unit``, a power of ten, in all its digits."""
    return f"{(Decimal(number) / unit).normalize():f}"


def _show(payload: Mapping[str, Any]) -> None:
    click.echo(f"wrote {payload['rows']} synthetic rows to {payload['output']}")
    click.echo(_price(payload))
    for one in payload["estimated_distances"]:
        told = "cannot be told" if one["estimate"] is None else f"{one['estimate']:.3f}"
        click.echo(
            f"  {one['ways']}-way distance, estimated privately: {told} "
            f"(the noise of the measurements alone makes {one['noise']:.3f})"
        )
    owner = payload["owner"]
    click.echo(owner["mark"])
    for one in owner["distances"]:
        click.echo(f"  {one['ways']}-way distance: {one['mean']:.3f} on average, at most {one['greatest']:.3f}")
    for one in owner["models"]:
        click.echo(
            f"  predicting {one['column']}: area {one['trained_on_synthetic']:.2f} from the synthetic rows, "
            f"{one['trained_on_real']:.2f} from the real ones, {one['trivial']:.2f} by guessing"
        )


def _price(about: Mapping[str, Any]) -> str:
    return (
        f"charged to {about['organization']}: epsilon {about['epsilon']:g}, delta {about['delta']:g}, for "
        f"{about['neighbours']}; operation {about['operation_id']}"
    )
