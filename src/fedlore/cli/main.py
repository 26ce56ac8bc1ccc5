"""The command line's entry: groups are named here and imported only when one of their commands runs."""

from __future__ import annotations

import importlib
import io
import signal
import sys
from pathlib import PurePath
from types import FrameType
from typing import Any

import click

from fedlore import __version__
from fedlore.catalogue.errors import FedloreError

GROUPS = {
    "observe": ("fedlore.cli.observe", "Show your own repositories to yourself; nothing of it leaves."),
    "federation": ("fedlore.cli.federation", "Create a federation, join one, see its state."),
    "learn": ("fedlore.cli.learn", "Learn from projects: your own exactly, everybody's privately."),
    "insights": ("fedlore.cli.insights", "Read what has been learned."),
    "budget": ("fedlore.cli.budget", "See what privacy has been spent on, and what is left."),
    "privacy": ("fedlore.cli.privacy", "Put the promised privacy to the test."),
    "demo": ("fedlore.cli.demo", "Watch twelve generated organisations learn, beside the truth."),
}
EXIT_CODES = {
    0: "done",
    1: "unexpected failure",
    2: "wrong usage or input",
    3: "no such consortium, organization or repository",
    4: "nothing useful can be said at this price; nothing was spent",
    5: "the privacy budget does not allow it",
    6: "a participant's own policy refuses, or an organization cannot join",
    7: "the round ended without a result; nothing was spent, unless the message says that the charge stands",
    8: "an audit found more privacy loss than is claimed",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, so that help stays instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in GROUPS:
            return None
        command = importlib.import_module(GROUPS[cmd_name][0]).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in GROUPS.items()])


@click.group(cls=LazyGroup, epilog="Exit codes: " + "; ".join(f"{code} {words}" for code, words in EXIT_CODES.items()))
@click.version_option(__version__, prog_name="fedlore")
def root() -> None:
    """Learn from one another's software development without showing code, history or people."""


def main() -> None:
    """Run the command line; the console scripts `fedlore` and `bmad` call this."""
    # As an exception it ends what was started and removes what was made for a while, as an interrupt does.
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    name = "bmad" if PurePath(sys.argv[0]).stem == "bmad" else "fedlore"
    if sys.stdout is None:
        click.echo(f"{name}: standard output is closed; there is nowhere to print to", err=True)
        sys.exit(1)
    sys.exit(run(sys.argv[1:], name))


def _terminated(number: int, _: FrameType | None) -> None:
    # A second one would break off the cleaning up.
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def run(arguments: list[str], name: str = "fedlore") -> int:
    """Run one command line and return its exit code; an error is one sentence on standard error."""
    try:
        result: Any = root.main(arguments, prog_name=name, standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.Abort:
        click.echo("stopped", err=True)
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (FedloreError, OSError) as error:
        code = importlib.import_module("fedlore.cli.errors").exit_code(error)
        click.echo(f"{name}: {error}", err=True)
        return int(code)
    return result if isinstance(result, int) else 0
