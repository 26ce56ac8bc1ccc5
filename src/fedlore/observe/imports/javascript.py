"""JavaScript and TypeScript: relative specifiers with and without extension, index files, and usual aliases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from fedlore.observe.imports.paths import (
    Importing,
    by_path,
    folder_of,
    folders_above,
    joined,
    relative_to,
    without_extension,
)

_SPECIFIER = re.compile(r"""(?:\bfrom|\bimport|\brequire|\brequire\.resolve)\s*\(?\s*(["'`])([^"'`\n]{1,500})\1""")
_EXTENSIONS = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_ALIASES = ("@/", "~/")
_PACKAGE_FOLDERS = ("packages", "libs", "apps")


def edges(files: Sequence[Importing]) -> Iterator[tuple[int, int]]:
    """Pairs of rows: an importing file, and the file that a specifier leads to.

    Relative specifiers are resolved as by Node.js (CommonJS modules, "All together") and TypeScript (Modules
    Reference, section on relative paths): the name itself, with an extension, ``.js`` standing for ``.ts``, or the
    index file of a folder. ``@/a`` and ``~/a`` mean ``a`` or ``src/a`` below the nearest folder above that has it, and
    so do bare specifiers with a slash, as the usual ``paths`` and ``baseUrl`` of a tsconfig say. A bare specifier
    whose last part names a folder below ``packages``, ``libs`` or ``apps`` means that package of a workspace.
    """
    rows = by_path(files)
    known: dict[tuple[str, str], int | None] = {}
    for file in files:
        folder = folder_of(file.path)
        for statement in file.statements:
            for match in _SPECIFIER.finditer(statement):
                key = folder, match[2]
                if key not in known:
                    known[key] = _target(rows, *key)
                target = known[key]
                if target is not None:
                    yield file.row, target


def _target(rows: Mapping[str, int], folder: str, specifier: str) -> int | None:
    if specifier.startswith("."):
        path = relative_to(folder, specifier)
        return None if path is None else _file(rows, path)
    inside = specifier[2:] if specifier.startswith(_ALIASES) else specifier
    if "/" in inside or inside != specifier:
        for above in folders_above(folder):
            for base in (above, joined(above, "src")):
                path = relative_to(base, inside)
                target = None if path is None else _file(rows, path)
                if target is not None:
                    return target
    return _package(rows, specifier)


def _file(rows: Mapping[str, int], path: str) -> int | None:
    stem = without_extension(path)
    names = [path, *(path + extension for extension in _EXTENSIONS)]
    if path.endswith((".js", ".mjs", ".cjs", ".jsx")):
        names += [stem + extension for extension in _EXTENSIONS]
    names += [joined(path, "index" + extension) for extension in _EXTENSIONS]
    return next((rows[name] for name in names if name in rows), None)


def _package(rows: Mapping[str, int], specifier: str) -> int | None:
    name = specifier.rpartition("/")[2]
    for packages in _PACKAGE_FOLDERS:
        for base in (joined(packages, name, "src"), joined(packages, name)):
            target = _file(rows, joined(base, "index"))
            if target is not None:
                return target
    return None
