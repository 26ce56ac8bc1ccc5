"""TOML and JSON of unknown origin: what is no table counts as an empty one, and what would take long is refused."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

_MOST_DOTS = 100
_STRINGS = re.compile(rb"""\\["'\\]|'[^'\n]*+'|"(?:[^"\\\n]++|\\.)*+\"""")
"""An escaped quote begins no string, so that a line is passed over once for each kind of quote left open, no more."""


def table(value: object) -> Mapping[str, Any]:
    """The value if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def texts(value: object) -> list[str]:
    """The texts of a list; none for anything else."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def read_json(data: bytes) -> Mapping[str, Any]:
    """The table that a JSON text holds; raises ValueError or RecursionError if it cannot be read."""
    return table(json.loads(data))


def read_toml(data: bytes) -> Mapping[str, Any]:
    """The table that a TOML text holds; raises ValueError or RecursionError if it cannot be read.

    The parser takes time and memory with the square of a dotted key's length: keys of more than 100 parts are refused.
    """
    if any(line.count(b".") > _MOST_DOTS for line in _STRINGS.sub(b"", data).split(b"\n")):
        raise ValueError("a key of too many parts")
    return tomllib.loads(data.decode("utf-8-sig"))
