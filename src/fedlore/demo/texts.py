"""The words and templates that generated projects are written with, read from the TOML files in ``data``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

_PLACE = re.compile(r"@(\w+)@")


@cache
def read_table(name: str) -> dict[str, Any]:
    """The TOML file ``data/<name>.toml``."""
    file = resources.files("fedlore.demo") / "data" / f"{name}.toml"
    return tomllib.loads(file.read_text("utf-8"))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace each ``@name@`` by its value; raises `KeyError` for a name without one."""
    return _PLACE.sub(lambda found: values[found[1]], template)
