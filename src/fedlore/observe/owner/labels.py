"""``outcomes.toml``: what the owner knows of a project better than its history does, as numbers.

The file lies in the organisation's folder, beside the repositories. It holds one table for each project, by the name of
its folder; `KEYS` are the keys that may stand in it, and `SATISFACTION` those of its table ``satisfaction``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from fedlore.observe.evidence import Labels
from fedlore.observe.owner.documents import Document, DocumentError, read_document, shortened

FILE_NAME = "outcomes.toml"
_SATISFACTION = "satisfaction"
_EPOCH = date(1970, 1, 1)
_LARGE = 10**15
_LONGEST_NAME = 255
_EARLIEST, _LATEST = date(1970, 1, 1), date(2199, 12, 31)


class LabelsError(DocumentError):
    """What stands in ``outcomes.toml`` is not what may stand there; nothing of it is used."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a project's table: its name, the kind of its value, the bounds of a number, and what it means."""

    name: str
    kind: Literal["number", "whole number", "true or false", "date"]
    meaning: str
    low: float = 0
    high: float = 0

    @property
    def words(self) -> str:
        """What its value has to be, in words."""
        match self.kind:
            case "true or false":
                return "true or false"
            case "date":
                return f"a date from {_EARLIEST} to {_LATEST}, without quotes"
            case _:
                return f"a {self.kind} from {self.low:g} to {self.high:g}"


KEYS = (
    Key("on_time", "true or false", "whether it was delivered on time; if absent, told by the days or dates below"),
    Key("planned_days", "number", "days from start to delivery as planned", 0, 36_500),
    Key("actual_days", "number", "days from start to delivery as it came", 0, 36_500),
    Key("started", "date", "the day on which the work began"),
    Key("planned_delivery", "date", "the day on which delivery was planned"),
    Key("actual_delivery", "date", "the day of delivery"),
    Key("revenue_growth", "number", "growth of its revenue over the last year, as a share: 0.2 is 20 %", -1, 100),
    Key("incidents_per_month", "number", "incidents in production a month, over the last year", 0, 10_000),
    Key("deployments", "whole number", "deployments to production in the last year", 0, 100_000),
    Key("failed_deployments", "whole number", "those of them that had to be mended or rolled back", 0, 100_000),
    Key("recovery_hours", "number", "median hours to recover from a failed deployment", 0, 8760),
    Key("customer_satisfaction", "number", "from 1 (very dissatisfied) to 5 (very satisfied)", 1, 5),
    Key("team_satisfaction", "number", "from 1 (very dissatisfied) to 5 (very satisfied)", 1, 5),
    Key("team_size", "number", "people who work on it, in full-time equivalents", 0.1, 10_000),
)
SATISFACTION = tuple(
    Key(name, "number", f"the team's satisfaction with {meaning}, from 1 to 5", 1, 5)
    for name, meaning in (
        ("agent", "its coding agents"),
        ("ci", "its continuous integration"),
        ("containers", "its containers"),
        ("dependency_bot", "the bot that raises its dependencies"),
        ("linter", "its linters and formatters"),
        ("method", "the method by which it plans"),
        ("review", "the way its changes are reviewed"),
        ("tests", "its tests"),
        ("type_checker", "its type checker"),
    )
)


def labels_of(folder: Path) -> Mapping[str, Labels]:
    """The labels of each project in the ``outcomes.toml`` of a folder; see `read_labels`."""
    return read_labels(folder / FILE_NAME)


def read_labels(path: Path) -> Mapping[str, Labels]:
    """The labels of each project that a file names, by its folder's name; empty if there is no such file.

    Values are numbers: 1 and 0 for true and false, days since 1970 for dates; a satisfaction with a tool is
    ``satisfaction.ci`` and so on. ``planned_days``, ``actual_days`` and ``on_time`` are filled in where the other keys
    tell them, and so is ``slip_days``, the days from planned to actual delivery. Raises `LabelsError` with one sentence
    for each mistake.
    """
    try:
        document = read_document(path)
    except DocumentError as error:
        raise LabelsError(error.sentences) from None
    if document is None:
        return {}
    mistakes: list[str] = []
    labels = {}
    for project, table in document.table.items():
        if isinstance(table, Mapping):
            labels[project] = Labels(_project(document, project, table, mistakes))
        else:
            name = shortened(project)
            mistakes.append(f"{document.at(project)}: {name} is not the table of a project, such as [{name}]")
    if mistakes:
        raise LabelsError(mistakes)
    return labels


def strangers(folder: Path) -> tuple[str, ...]:
    """A sentence for each project in the ``outcomes.toml`` of a folder that has no folder of its name there.

    Raises `DocumentError` where the file cannot be read.
    """
    document = read_document(folder / FILE_NAME)
    if document is None:
        return ()
    known = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    return tuple(_stranger(document, name, known) for name in document.table if name not in known)


def _stranger(document: Document, name: str, known: Sequence[str]) -> str:
    """The sentence on a project that is not there, with the nearest that is, in capitals or not."""
    lower = {one.lower(): one for one in known}
    near = get_close_matches(name[:_LONGEST_NAME].lower(), lower, 1)
    hint = f"; the nearest that is one is {lower[near[0]]}" if near else ""
    return f"{document.at(name)}: there is no project {shortened(name)} here; its labels are not used{hint}"


def _project(document: Document, project: str, table: Mapping[str, Any], mistakes: list[str]) -> dict[str, float]:
    values: dict[str, float] = {}
    keys = {key.name: key for key in KEYS}
    tools = {key.name: key for key in SATISFACTION}
    for name, value in table.items():
        if name in keys:
            _take(document, (project, name), keys[name], value, values, mistakes)
        elif name == _SATISFACTION and isinstance(value, Mapping):
            for tool, score in value.items():
                path = (project, name, tool)
                if tool in tools:
                    _take(document, path, tools[tool], score, values, mistakes)
                else:
                    mistakes.append(document.unknown(path, tools))
        elif name == _SATISFACTION:
            mistakes.append(f"{document.at(project, name)}: {name} is a table, such as {name} = {{ ci = 4 }}")
        else:
            hint = (
                f'; a name with a dot stands in quotes: ["{shortened(f"{project}.{name}")}"]'
                if isinstance(value, Mapping)
                else ""
            )
            mistakes.append(document.unknown((project, name), [*keys, _SATISFACTION]) + hint)
    mistakes += [f"{document.at(project, name)}: {sentence}" for name, sentence in _contradictions(values)]
    return values | _derived(values)


def _take(
    document: Document, path: tuple[str, ...], key: Key, value: object, values: dict[str, float], mistakes: list[str]
) -> None:
    """Put the value among the others, or a sentence on why not among the mistakes."""
    number = _number(key, value)
    if number is None:
        mistakes.append(f"{document.at(*path)}: {key.name} is {key.words}, not {_shown(value)}")
    else:
        values[".".join(path[1:])] = number


def _number(key: Key, value: object) -> float | None:
    match key.kind:
        case "true or false":
            return float(value) if isinstance(value, bool) else None
        case "date":
            if isinstance(value, datetime) or not isinstance(value, date) or not _EARLIEST <= value <= _LATEST:
                return None
            return float((value - _EPOCH).days)
        case "whole number" if not isinstance(value, int):
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not key.low <= value <= key.high:
        return None
    return float(value)


def _shown(value: object) -> str:
    """A wrong value as it may have been written, cut where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and abs(value) > _LARGE:
        return "one so large"
    text = repr(value) if isinstance(value, str) else str(value)
    return shortened(text)


def _contradictions(values: Mapping[str, float]) -> list[tuple[str, str]]:
    """The keys whose values cannot both be true, with a sentence."""
    ordered = (
        ("started", "planned_delivery", "planned_delivery is before started"),
        ("started", "actual_delivery", "actual_delivery is before started"),
        ("failed_deployments", "deployments", "deployments are fewer than failed_deployments"),
    )
    return [
        (large, sentence)
        for small, large, sentence in ordered
        if small in values and large in values and values[large] < values[small]
    ]


def _derived(values: Mapping[str, float]) -> dict[str, float]:
    """What the given values tell beside themselves; what was given is not told anew."""
    told: dict[str, float] = {}
    if "started" in values:
        for days, delivery in (("planned_days", "planned_delivery"), ("actual_days", "actual_delivery")):
            if delivery in values:
                told[days] = values[delivery] - values["started"]
    if "planned_delivery" in values and "actual_delivery" in values:
        told["slip_days"] = values["actual_delivery"] - values["planned_delivery"]
    known = {**told, **values}
    if "slip_days" not in known and "planned_days" in known and "actual_days" in known:
        told["slip_days"] = known["actual_days"] - known["planned_days"]
    if "slip_days" in told:
        told["on_time"] = float(told["slip_days"] <= 0)
    return {name: value for name, value in told.items() if name not in values}
