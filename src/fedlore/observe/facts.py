"""The facts of one blob, as they are kept for later: a table of plain values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from fedlore.observe.evidence import Class, Function


@dataclass(frozen=True, slots=True)
class Facts:
    """What one blob holds.

    Of a source file: `SourceFile` says what the fields mean. Of a manifest: ``packages``, pairs of a package URL
    without version and the version constraint as written. Of an artefact of planned work: ``artefact``, a table of
    plain JSON values that its reader made. ``warning`` is a sentence about what could not be read, and may be empty.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    lines: int = 0
    complexity: int = 0
    comment_lines: int = 0
    places: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    functions: tuple[Function, ...] = ()
    classes: tuple[Class, ...] = ()
    imports: tuple[str, ...] = ()
    blocks: tuple[int, ...] = ()
    packages: tuple[tuple[str, str], ...] = ()
    artefact: Mapping[str, Any] = field(default_factory=dict)
    warning: str = ""

    def to_json(self) -> str:
        """One line of JSON that holds the fields which are not empty."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        # JSON knows only tables by text: a table's numbers and texts stay what they are.
        return json.dumps({name: value for name, value in values.items() if value}, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Facts:
        """Read `to_json` back; raises ValueError or TypeError for anything else."""
        table = json.loads(text)
        rows: dict[str, Callable[[Any], Any]] = {
            "places": lambda places: {name: tuple(lines) for name, lines in places.items()},
            "functions": lambda rows: tuple(Function(*row) for row in rows),
            "classes": lambda rows: tuple(Class(*row) for row in rows),
            "imports": tuple,
            "blocks": tuple,
            "packages": lambda rows: tuple((package, constraint) for package, constraint in rows),
        }
        return Facts(**{name: rows[name](value) if name in rows else value for name, value in table.items()})


def together(facts: Iterable[Facts]) -> Facts:
    """What several readers found in one blob, each a part of it: tables and rows joined, numbers added up."""
    whole = Facts()
    for one in facts:
        whole = Facts(
            counts={**whole.counts, **one.counts},
            lines=whole.lines + one.lines,
            complexity=whole.complexity + one.complexity,
            comment_lines=whole.comment_lines + one.comment_lines,
            places={**whole.places, **one.places},
            functions=whole.functions + one.functions,
            classes=whole.classes + one.classes,
            imports=whole.imports + one.imports,
            blocks=whole.blocks + one.blocks,
            packages=whole.packages + one.packages,
            artefact={**whole.artefact, **one.artefact},
            warning=whole.warning or one.warning,
        )
    return whole
