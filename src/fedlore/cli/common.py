"""What the commands share: options, budgets as text, and the two forms of output."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fedlore.federation.machine import Machine
    from fedlore.federation.rounds import Progress

Command = TypeVar("Command", bound=Callable[..., Any])

UNITS = ("project", "record", "contributor", "organisation")
"""What noise can protect (`fedlore.catalogue.plan.Unit`, which would be slow to import for a help text)."""

format_option = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", help="How to print; json is one object."
)
consortium_option = click.option("--consortium-id", help="Which consortium; by default the newest on this machine.")
organization_option = click.option("--organization", help="As which organization; by default the one of this folder.")


def emit(form: str, schema: str, payload: Mapping[str, Any], show: Callable[[], None]) -> None:
    """Print one JSON object with its schema's name, or call ``show``."""
    if form == "json":
        click.echo(json.dumps({"schema": f"fedlore.{schema}/1", **payload}, indent=1))
    else:
        show()


def budget(text: str | None, epsilon: float, delta: float, option: str = "--privacy-budget") -> tuple[float, float]:
    """Read ``epsilon=1.0,delta=1e-5``; what is not named keeps its default. Raises `click.BadParameter`."""
    values = {"epsilon": epsilon, "delta": delta}
    named: set[str] = set()
    for part in (text or "").split(","):
        if not part.strip():
            continue
        name, _, number = part.partition("=")
        if name.strip() in named:
            raise click.BadParameter(f"{name.strip()} is given twice", param_hint=option)
        named.add(name.strip())
        if name.strip() not in values:
            raise click.BadParameter(
                f"{part.strip()!r} is not of the form epsilon=NUMBER,delta=NUMBER", param_hint=option
            )
        try:
            values[name.strip()] = float(number)
        except ValueError:
            raise click.BadParameter(f"{number!r} is not a number for {name.strip()}", param_hint=option) from None
    return values["epsilon"], values["delta"]


def find_repositories(folder: Path) -> list[Path]:
    """The git repositories at ``folder`` or one level below it, in order; raises `RepositoryError` if there is none."""
    from fedlore.observe.opening import RepositoryError

    if is_repository(folder):
        return [folder]
    below = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [path for path in below if path.is_dir() and not path.is_symlink() and is_repository(path)]
    if not found:
        links = any(path.is_symlink() for path in below)
        hint = "; symbolic links are not followed, name their targets" if links else ""
        if (above := next(filter(is_repository, folder.parents), None)) is not None:
            hint += f"; {folder} lies in the repository {above}"
        raise RepositoryError(f"no git repository in {folder} or one level below it{hint}")
    return found


def is_repository(folder: Path) -> bool:
    """Whether a folder looks like a work tree or a bare repository; nothing in it is run or obeyed."""
    bare = all((folder / name).exists() for name in ("HEAD", "objects", "refs"))
    return (folder / ".git").exists() or bare


@dataclass(frozen=True, slots=True)
class Acting:
    """The member that a command acts for."""

    federation_id: str
    organization: str


def acting_for(machine: Machine, consortium_id: str | None, named: str | None) -> Acting | None:
    """The member that is named, or whose repositories this folder holds; None if it is nobody's or of several.

    Without ``consortium_id`` all federations are looked through, the newest first. Raises `NoSuchFederation` for a name
    or id that stands for nothing here.
    """
    from fedlore.federation.coordinator import NoSuchFederation

    candidates = machine.federations() if consortium_id is None else [machine.chosen(consortium_id)]
    here = Path.cwd().resolve()
    for federation_id in candidates:
        owners = []
        for member in machine.joined(federation_id):
            if named is not None and member.organization == named:
                return Acting(federation_id, named)
            paths = [] if named is not None else machine.paths(federation_id, member.organization)
            if any(here == path or here in path.parents or path in here.parents for path in paths):
                owners.append(member.organization)
        if len(owners) == 1:
            return Acting(federation_id, owners[0])
        if owners:  # a folder above the repositories of several is nobody's
            return None
    if named is not None:
        raise NoSuchFederation(f"{named} has not joined a consortium here; see fedlore federation status")
    return None


def first_joined(machine: Machine, federation_id: str) -> Acting:
    """The first member of a federation on this machine; raises `NoSuchFederation` if nobody has joined."""
    from fedlore.federation.coordinator import NoSuchFederation

    for member in machine.joined(federation_id):
        if machine.is_here(federation_id, member.organization):
            return Acting(federation_id, member.organization)
    raise NoSuchFederation(f"nobody has joined consortium {federation_id} yet; see fedlore federation join")


def warn(sentences: Iterable[str]) -> None:
    """Tell the owner on standard error."""
    for sentence in sentences:
        click.echo(f"note: {sentence}", err=True)


@contextmanager
def progress_bars() -> Iterator[tuple[Callable[[int, int], None], Progress]]:
    """Two callbacks that show progress on standard error, if that is a terminal: repositories, phases of a round."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        reading = bars.add_task("reading repositories", total=None, visible=False)
        stage = bars.add_task("", total=None, visible=False)

        def looked(done: int, total: int) -> None:
            # One repository has no steps to count: the bar pulses.
            bars.update(reading, completed=done, total=None if total == 1 else total, visible=done < total)

        def told(words: str, done: int, total: int) -> None:
            bars.update(stage, description=words, completed=done, total=total, visible=True)

        yield looked, told
