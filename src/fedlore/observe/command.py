"""How git is run: by its absolute path, with an environment of our own, and nothing of a repository's configuration."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

from fedlore.catalogue.errors import FedloreError, ToolError

_FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/bin")

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_FLUSH": "0",
}


class RepositoryError(FedloreError):
    """A repository cannot be read; the message is one sentence for its owner."""


@cache
def git_program() -> str:
    """The absolute path of git; raises `ToolError` where there is none.

    Relative entries of PATH are left out: a repository may hold a file of the name git.
    """
    entries = [*_FOLDERS, *os.environ.get("PATH", "").split(os.pathsep)]
    found = shutil.which("git", path=os.pathsep.join(entry for entry in entries if Path(entry).is_absolute()))
    if found is None:
        raise ToolError("git is not installed")
    return found


def git_command(git_dir: Path, *arguments: str, settings: tuple[str, ...] = ()) -> list[str]:
    """The command line of one git command in a bare repository of our own, to be run with `ENVIRONMENT`."""
    given = ("protocol.allow=never", f"core.hooksPath={os.devnull}", *settings)
    return [
        git_program(),
        "--no-pager",
        f"--git-dir={git_dir}",
        *(word for setting in given for word in ("-c", setting)),
        *arguments,
    ]
