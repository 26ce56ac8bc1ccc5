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
Found = Literal["first", "second", "ratio", ""]


@dataclass(frozen=True, slots=True)
class Standard:
    """When an answer is a strength or an anti-pattern.

    ``when`` the answer is yes or no, or the value is at least or at most ``limit``. For a yes-no measure, ``limit`` is
    the share (below 1) or number of cases from which on the catalogue's definition says yes (None: there is nothing to
    count), and ``found`` which number of the answer's arithmetic is held to it (see ``standards.toml``). ``words`` say
    what was found, ``advice`` what the measure's source recommends.
    """

    words: str
    when: When
    limit: float | None = None
    advice: str = ""
    found: Found = ""

    @property
    def is_of_shares(self) -> bool:
        """Whether the limit of a yes-no measure is one of the share that the answer's first two numbers make."""
        return self.limit is not None and self.limit < 1


@dataclass(frozen=True, slots=True)
class Standards:
    """Both kinds of standards by measure, and the measures of the delivery keys.

    ``deliveries`` are those of DORA, in its order; ``deliveries_if_known`` go with them where they have a value.
    """

    strengths: Mapping[MeasureId, Standard]
    anti_patterns: Mapping[MeasureId, Standard]
    deliveries: tuple[MeasureId, ...]
    deliveries_if_known: tuple[MeasureId, ...]

    def counts_shares(self, measure: MeasureId) -> bool:
        """Whether a yes-no measure asks if a share of cases is large enough."""
        standard = self.strengths.get(measure) or self.anti_patterns.get(measure)
        return standard is not None and standard.is_of_shares


@cache
def load_standards() -> Standards:
    """The standards that ship with this version of the package."""
    text = (resources.files("fedlore.observe.report") / "standards.toml").read_text("utf-8")
    table = tomllib.loads(text)
    strengths, anti_patterns = (
        {MeasureId(name): Standard(**entry) for name, entry in table[kind].items()}
        for kind in ("strength", "anti_pattern")
    )
    always, if_known = (tuple(map(MeasureId, table[key])) for key in ("deliveries", "deliveries_if_known"))
    return Standards(strengths, anti_patterns, always, if_known)
