"""`learn patterns`."""

from __future__ import annotations

import click

from fedlore.cli.common import UNITS, consortium_option, format_option, organization_option

TYPE = "pattern_aggregation"


@click.group()
def command() -> None:
    """Learn from projects: your own exactly, everybody's privately."""


@command.command()
@click.option("--cross-project", is_flag=True, help="Over all members' projects, privately; else your own, exactly.")
@click.option("--privacy-budget", help="What this round spends: epsilon=1.0,delta=1e-5; default: the privacy level's.")
@click.option("--type", "learning_type", default=TYPE, show_default=True, help="A domain or a group of domains.")
@click.option("--dry-run", is_flag=True, help="Show what would be asked and what would leave; spend nothing.")
@click.option("--unit", type=click.Choice(UNITS), default=UNITS[0], show_default=True, help="What the noise protects.")
@click.option(
    "--most-projects-each",
    type=click.IntRange(min=1),
    help="Projects that a member may contribute, with --unit contributor or organisation; default: the median's.",
)
@click.option("--force", is_flag=True, help="Ask one question even if the forecast is that its answer says nothing.")
@click.option(
    "--adaptive-clipping",
    is_flag=True,
    help="First spend a fifth on how far the values of means reach, then clip them closer; free if known already.",
)
@click.option("--measure", "measures", multiple=True, help="Ask this measure alone; may be given again.")
@click.option(
    "--max-examples",
    type=click.IntRange(0, 64),
    default=0,
    help="Ask for code templates too: so many of a public dictionary may a project name at most.",
)
@click.option(
    "--min-holders", type=click.IntRange(min=2), help="Members that must hold a code template to be shown; default 3."
)
@click.option("--all-bins", is_flag=True, help="Print every bin of each distribution, not only the fullest.")
@consortium_option
@organization_option
@format_option
def patterns(
    cross_project: bool,
    privacy_budget: str | None,
    learning_type: str,
    dry_run: bool,
    unit: str,
    most_projects_each: int | None,
    force: bool,
    adaptive_clipping: bool,
    measures: tuple[str, ...],
    max_examples: int,
    min_holders: int | None,
    all_bins: bool,
    consortium_id: str | None,
    organization: str | None,
    form: str,
) -> int:
    """Learn which practices are common and which go with success."""
    from fedlore.catalogue.measure import MeasureId
    from fedlore.cli.learning import Protected, Wish, learn_everybodys, learn_own
    from fedlore.privacy.questions import MIN_HOLDERS

    of_rounds = (
        privacy_budget,
        dry_run,
        force,
        adaptive_clipping,
        most_projects_each,
        unit != UNITS[0],
        measures,
        max_examples,
    )
    if not cross_project and any(of_rounds):
        raise click.UsageError(
            "--privacy-budget, --dry-run, --unit, --most-projects-each, --force, --adaptive-clipping, "
            "--measure and --max-examples go with --cross-project; of your own nothing leaves"
        )
    if most_projects_each and unit == UNITS[0]:
        raise click.UsageError("--most-projects-each goes with --unit record, contributor or organisation")
    if min_holders and not max_examples:
        raise click.UsageError("--min-holders goes with --max-examples")
    protected = Protected(
        unit=unit,
        most_projects_each=most_projects_each or 0,
        force=force,
        adaptive_clipping=adaptive_clipping,
        measures=tuple(MeasureId(name) for name in measures),
        max_examples=max_examples,
        min_holders=min_holders or MIN_HOLDERS,
    )
    wish = Wish(learning_type, privacy_budget, consortium_id, organization, dry_run, form, protected, all_bins)
    return learn_everybodys(wish) if cross_project else learn_own(wish)
