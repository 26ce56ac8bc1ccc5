"""`observe`: a team's own picture of its own repositories; nothing of it is a contribution."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from fedlore.cli.common import format_option


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Also write one self-contained page.")
@click.option("--explain", metavar="MEASURE", help="How the value of one measure came about, with file and line.")
@click.option("--domain", "learning_type", help="Only the measures of a domain or a group of domains, all of them.")
@click.option("--jobs", type=click.IntRange(1), help="How many processes; default: one for each processor.")
@click.option(
    "--backend",
    type=click.Choice(["processes", "ray"]),
    default="processes",
    show_default=True,
    help="Where they run: on this machine, or on the machines of a Ray cluster (extra: ray).",
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day (UTC) to look back from; default: today.")
@click.option("--no-cache", is_flag=True, help="Read everything anew, and remember nothing.")
@format_option
def command(
    paths: tuple[Path, ...],
    html: Path | None,
    explain: str | None,
    learning_type: str | None,
    jobs: int | None,
    backend: str,
    as_of: datetime | None,
    no_cache: bool,
    form: str,
) -> None:
    """Show your own repositories to yourself: strengths, anti-patterns, trends and delivery keys.

    PATHS are repositories, or folders with repositories one level below; by default the current folder. Nothing of the
    picture is a contribution, and nothing leaves.
    """
    from fedlore.cli.observing import Wish, observe

    folders = paths or (Path.cwd(),)
    observe(Wish(folders, html, explain, learning_type, jobs, backend, as_of, no_cache, form))
