"""`budget status | history | explain`."""

from __future__ import annotations

from pathlib import Path

import click

from fedlore.cli.common import consortium_option, format_option, organization_option

_SIDE = click.option(
    "--as",
    "side",
    type=click.Choice(["participant", "coordinator"]),
    default="participant",
    show_default=True,
    help="Whose ledger: an organization's own, or the coordinator's mirror of them.",
)


@click.group()
def command() -> None:
    """See what privacy has been spent on, by whom, and what is left."""


@command.command()
@_SIDE
@consortium_option
@organization_option
@format_option
def status(side: str, consortium_id: str | None, organization: str | None, form: str) -> None:
    """Show what each scope has spent, what its gate still admits, and when it renews."""
    from fedlore.cli.budgeting import Wish, show_status

    show_status(Wish(side, consortium_id, organization, form))


@command.command()
@_SIDE
@consortium_option
@organization_option
@click.option(
    "--html",
    "--plot",
    "html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write a page with a plot of the spending against the cap; it needs nothing else.",
)
@format_option
def history(side: str, consortium_id: str | None, organization: str | None, html: Path | None, form: str) -> None:
    """List every charge: when, for which round, by what mechanism, at what price, and what became of it."""
    from fedlore.cli.budgeting import Wish, show_history

    show_history(Wish(side, consortium_id, organization, form), html)


@command.command()
@click.argument("operation")
@_SIDE
@consortium_option
@organization_option
@format_option
def explain(operation: str, side: str, consortium_id: str | None, organization: str | None, form: str) -> None:
    """Say why a charge cost what it cost.

    OPERATION is a round's id (or the beginning of one), or the id of a measure: then the rounds that asked it.
    """
    from fedlore.cli.budgeting import Wish, show_explanation

    show_explanation(Wish(side, consortium_id, organization, form), operation)
