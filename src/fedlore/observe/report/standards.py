"""Which answers speak well or ill of a project, and from where on: read from ``standards.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from fedlore.catalogue.measure import MeasureId

When = Literal["yes", "no", "at least", "at most"]


@dataclass(frozen=True, slots=True)
class Standard:
    """When an answer is a strength or an anti-pattern.

    ``when`` the answer is yes or no, or the value is at least or at most ``limit``. For a yes-no measure, ``limit`` is
    the share (below 1) or number of cases from which on the catalogue's definition says yes (None: there is nothing to
    count). ``words`` say what was found, ``advice`` what the measure's source recommends.
    """

    words: str
    when: When
    limit: float | None = None
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Standards:
    """Both kinds of standards by measure, and the measures of the delivery keys in the order of DORA."""

    strengths: Mapping[MeasureId, Standard]
    anti_patterns: Mapping[MeasureId, Standard]
    deliveries: tuple[MeasureId, ...]


@cache
def load_standards() -> Standards:
    """The standards that ship with this version of the package."""
    text = (resources.files("fedlore.observe.report") / "standards.toml").read_text("utf-8")
    table = tomllib.loads(text)
    strengths, anti_patterns = (
        {MeasureId(name): Standard(**entry) for name, entry in table[kind].items()}
        for kind in ("strength", "anti_pattern")
    )
    return Standards(strengths, anti_patterns, tuple(map(MeasureId, table["deliveries"])))
