"""A report as one page that needs nothing else: no script, nothing from outside, plots drawn as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import groupby

from jinja2 import Environment

from fedlore.counting import counted
from fedlore.observe.naming import spelled
from fedlore.observe.report.model import YOURS, Number, Report, Trend
from fedlore.observe.report.numbers import percent, plain
from fedlore.observe.report.safe_page import STYLE, escaping, styled
from fedlore.observe.report.series import LANGUAGE
from fedlore.observe.report.words import (
    ASSOCIATION,
    EITHER_SIDE,
    GONE,
    by_chance_words,
    change_words,
    found_words,
    last_year_words,
    signed_range,
    silence_words,
    slope_words,
    times_words,
    value_of,
)

WORDS = {"mark": YOURS, "either_side": EITHER_SIDE, "association": ASSOCIATION, "gone": GONE}
"""What the page says in the words of the other forms of a report."""


def html_of(report: Report) -> str:
    """The page. Everything but the templates' own text is escaped, and the page's policy lets it load nothing."""
    page = _environment().get_template("page.html.j2")
    return page.render(report=report, **WORDS, **styled(STYLE))


@cache
def _environment() -> Environment:
    environment = escaping("fedlore.observe.report")
    environment.filters |= {
        "bars_path": bars_path,
        "by_chance_words": by_chance_words,
        "change_words": change_words,
        "counted": counted,
        "found_words": found_words,
        "percent": percent,
        "plain": plain,
        "signed_range": signed_range,
        "slope_words": slope_words,
        "times_words": times_words,
        "value_of": value_of,
        "last_year_words": last_year_words,
        "silence_words": silence_words,
        "log_length": log_length,
        "by_domain": by_domain,
        "kind": kind,
    }
    environment.filters["spelled"] = spelled
    environment.tests["language"] = lambda name: name.startswith(LANGUAGE)
    return environment


def bars_path(values: Sequence[float | None], first: int, largest: float) -> str:
    """The outline of one bar for each value, ten units apart from column ``first`` on and 100 high at the largest."""
    return "".join(
        f"M{(first + index) * 10 + 1} 100v{-100 * value / largest:.3g}h8V100z"
        for index, value in enumerate(values)
        if value
    )


def log_length(times: float, largest: float) -> float:
    """How long the bar of a multiple is, in per cent of the longest, on a logarithmic scale that begins at none."""
    return round(100 * math.log1p(times) / math.log1p(max(largest, 1)), 2)


def kind(trend: Trend, trends: Sequence[Trend]) -> str:
    """The class of the colour of one of several trends, the same wherever it stands."""
    return f"kind{trends.index(trend) + 1}"


def by_domain(numbers: tuple[Number, ...]) -> list[tuple[str, list[Number]]]:
    """The numbers of each learning domain, with its name in words."""
    grouped = groupby(numbers, key=lambda number: number.measure.domain)
    return [(domain.replace("_", " "), list(found)) for domain, found in grouped]
