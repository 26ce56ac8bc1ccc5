"""`learn patterns`."""

from __future__ import annotations

import click

from fedlore.cli.common import consortium_option, format_option, organization_option

TYPE = "pattern_aggregation"


@click.group()
def command() -> None:
    """Learn from projects: your own exactly, everybody's privately."""


@command.command()
@click.option("--cross-project", is_flag=True, help="Over all members' projects, privately; else your own, exactly.")
@click.option("--privacy-budget", help="What this round spends: epsilon=1.0,delta=1e-5; default: the privacy level's.")
@click.option("--type", "learning_type", default=TYPE, show_default=True, help="A domain or a group of domains.")
@click.option("--dry-run", is_flag=True, help="Show what would be asked and what would leave; spend nothing.")
@consortium_option
@organization_option
@format_option
def patterns(
    cross_project: bool,
    privacy_budget: str | None,
    learning_type: str,
    dry_run: bool,
    consortium_id: str | None,
    organization: str | None,
    form: str,
) -> int:
    """Learn which practices are common and which go with success."""
    from fedlore.cli.learning import Wish, learn_everybodys, learn_own

    if not cross_project and (privacy_budget or dry_run):
        raise click.UsageError("--privacy-budget and --dry-run go with --cross-project; of your own nothing leaves")
    wish = Wish(learning_type, privacy_budget, consortium_id, organization, dry_run, form)
    return learn_everybodys(wish) if cross_project else learn_own(wish)
