"""`insights patterns` and `insights export`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fedlore.cli.common import (
    acting_for,
    consortium_option,
    emit,
    first_joined,
    format_option,
    organization_option,
    progress_bars,
    warn,
)

if TYPE_CHECKING:
    from fedlore.privacy.anonymity.guarantee import Diversity


@click.group()
def command() -> None:
    """Read what has been learned."""


@command.command()
@click.option(
    "--global", "everywhere", is_flag=True, help="The federation's statements; without it your own level, exactly."
)
@click.option(
    "--confidence-threshold", type=click.FloatRange(0, 1), default=0.0, help="Leave out (and count) what is less sure."
)
@consortium_option
@organization_option
@format_option
def patterns(
    everywhere: bool, confidence_threshold: float, consortium_id: str | None, organization: str | None, form: str
) -> None:
    """Show the newest statement on every measure, from your own store, its signature checked."""
    from fedlore.federation.machine import Machine, readable, told_of
    from fedlore.federation.picture import YOURS, exact_picture
    from fedlore.federation.received import newest_statements

    empty = ""
    with progress_bars() as (looked, _):
        machine = Machine(looking=looked)
        federation_id = machine.chosen(consortium_id)
        owner = acting_for(machine, federation_id, organization)
        if everywhere:
            name = (owner or first_joined(machine, federation_id)).organization
            found = newest_statements(machine.database(name), federation_id)
            level = "federation"
            empty = "" if found else "no round has been released to this organization yet; see fedlore learn patterns"
        elif owner is None:
            raise click.UsageError("this folder belongs to no member: say which with --organization, or --global")
        else:
            name = owner.organization
            seen = machine.observed(federation_id, [name])
            warn(told_of(seen))
            found = list(exact_picture(machine.catalogue, "pattern_aggregation", readable(seen), machine.today()))
            level = f"{name} ({YOURS})"
            empty = "" if found else "none of its repositories can be read now"
    if math.isnan(confidence_threshold):
        raise click.BadParameter("not a number", param_hint="--confidence-threshold")
    said = [statement for statement in found if statement.confidence >= confidence_threshold]
    left_out = len(found) - len(said)
    payload = {
        "consortium_id": federation_id,
        "organization": name,
        "level": level,
        "confidence_threshold": confidence_threshold,
        "left_out": left_out,
        "reason": empty,
        "statements": [statement.as_dict() for statement in said],
    }

    def show() -> None:
        from fedlore.cli.tables import show_statements

        show_statements(said, machine.catalogue, level)
        if left_out:
            click.echo(f"{left_out} statements below confidence {confidence_threshold:g} are left out")
        if empty:
            click.echo(empty)

    emit(form, "insights.patterns", payload, show)


@command.command()
@click.option("--synthetic", is_flag=True, help="Rows that nobody wrote, with the statistics of your own.")
@click.option(
    "--table", type=click.Choice(["projects", "stories", "commits"]), default="projects", help="What a row stands for."
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    help="A column: a measure of projects, or of --records of stories one of theirs; may be given again.",
)
@click.option("--epsilon", help="The price, charged in your own ledger; by default that of one round.")
@click.option("--delta", help="The other part of the price; by default that of one round.")
@click.option("--output", type=click.Path(path_type=Path), help="The file to write; it ends in .csv or .json.")
@click.option(
    "--operation-id", help="Ask again for what this operation has paid for, at its price: the same bytes, free."
)
@click.option("--dry-run", is_flag=True, help="Show the columns and the price; nothing is spent or written.")
@click.option(
    "--records", is_flag=True, help="Your own rows, made coarser until none stands alone; not differential privacy."
)
@click.option("--k", type=click.IntRange(min=2), default=5, help="Of --records: at least so many rows look alike.")
@click.option("--l", "least", type=click.IntRange(min=1), default=2, help="And have so many values of what is private.")
@click.option("--t", "distance", type=click.FloatRange(0, 1), default=0.3, help="And are at most so far from all rows.")
@click.option(
    "--diversity", type=click.Choice(["distinct", "entropy", "recursive"]), default="distinct", help="How l counts."
)
@click.option("--c", "ratio", type=click.FloatRange(0, min_open=True), default=3.0, help="The c of recursive l.")
@click.option(
    "--suppress", type=click.FloatRange(0, 1, max_open=True), default=0.05, help="The share of rows to leave out."
)
@consortium_option
@organization_option
@format_option
def export(
    synthetic: bool,
    table: str,
    columns: tuple[str, ...],
    epsilon: str | None,
    delta: str | None,
    output: Path | None,
    operation_id: str | None,
    dry_run: bool,
    records: bool,
    k: int,
    least: int,
    distance: float,
    diversity: Diversity,
    ratio: float,
    suppress: float,
    consortium_id: str | None,
    organization: str | None,
    form: str,
) -> int:
    """Write a table to a file that you may pass on."""
    from fedlore.cli.exporting import Wish, export_as_synthetic

    if synthetic == records:
        raise click.UsageError("say what to export: --synthetic or --records")
    if records:
        from fedlore.cli.record_exporting import RecordWish, export_as_records
        from fedlore.privacy.anonymity.guarantee import Guarantee

        if epsilon or delta or operation_id is not None or dry_run:
            raise click.UsageError("--epsilon, --delta, --operation-id and --dry-run go with --synthetic")
        if output is None:
            raise click.UsageError("say where to write with --output")
        kept = Guarantee(k, least, distance, diversity, ratio)
        return export_as_records(RecordWish(table, columns, kept, suppress, output, consortium_id, organization, form))
    if output is None and not dry_run:
        raise click.UsageError("say where to write with --output, or look at it with --dry-run")
    if operation_id is not None and not operation_id.strip():
        raise click.BadParameter(
            "an operation has a name; leave the option out for a new table", param_hint="--operation-id"
        )
    wish = Wish(table, columns, epsilon, delta, output, operation_id, dry_run, consortium_id, organization, form)
    return export_as_synthetic(wish)
