"""Go: packages are folders; the path of the module, which go.mod holds, is inferred from the imports themselves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from fedlore.observe.imports.paths import MOST_PARTS, Importing, first_of_folders, folder_of, folders_above, joined

MODULE_FILE = "go.mod"

_PATH = re.compile(r'"([^"\s]{1,500})"|`([^`\s]{1,500})`')
_TEST = "_test.go"
_STANDARD = frozenset(
    [
        "archive",
        "arena",
        "bufio",
        "builtin",
        "bytes",
        "cmp",
        "compress",
        "container",
        "context",
        "crypto",
        "database",
        "debug",
        "embed",
        "encoding",
        "errors",
        "expvar",
        "flag",
        "fmt",
        "go",
        "hash",
        "html",
        "image",
        "index",
        "internal",
        "io",
        "iter",
        "log",
        "maps",
        "math",
        "mime",
        "net",
        "os",
        "path",
        "plugin",
        "reflect",
        "regexp",
        "runtime",
        "slices",
        "sort",
        "strconv",
        "strings",
        "structs",
        "sync",
        "syscall",
        "testing",
        "text",
        "time",
        "unicode",
        "unique",
        "unsafe",
        "weak",
        "C",
    ]
)


def edges(files: Sequence[Importing]) -> Iterator[tuple[int, int]]:
    """Pairs of rows: an importing file, and the first file of the package that it imports (tests apart).

    A module's root is the nearest folder above with a ``go.mod``, else the top. Its path (Go Modules Reference, "Module
    paths") is the beginning that most distinct imports of its files have in common, where the rest names a folder of
    Go files below the root. Packages of the standard library have no such path.
    """
    roots = {folder_of(file.path) for file in files if file.path.rpartition("/")[2] == MODULE_FILE}
    sources = [file for file in files if file.path.rpartition("/")[2] != MODULE_FILE]
    packages = first_of_folders(file for file in sources if not file.path.endswith(_TEST))
    imports = {file.row: frozenset(_imports(file.statements)) for file in sources}
    modules = _module_paths(sources, imports, roots, packages)
    for file in sources:
        for name in imports[file.row]:
            target = _package(name, modules, packages)
            if target is not None:
                yield file.row, target


def _imports(statements: Sequence[str]) -> Iterator[str]:
    for statement in statements:
        for match in _PATH.finditer(statement):
            path = match[1] or match[2]
            if path.partition("/")[0] not in _STANDARD and path.count("/") < MOST_PARTS:
                yield path


def _module_paths(
    files: Sequence[Importing],
    imports: Mapping[int, frozenset[str]],
    roots: set[str],
    packages: Mapping[str, int],
) -> dict[str, str]:
    """The root folder of each module path that was inferred."""
    by_root: dict[str, set[str]] = defaultdict(set)
    for file in files:
        root = next((above for above in folders_above(folder_of(file.path)) if above in roots), "")
        by_root[root] |= imports[file.row]
    modules: dict[str, str] = {}
    for root, paths in sorted(by_root.items()):
        votes: dict[str, int] = defaultdict(int)
        for path in paths:
            for beginning, rest in _splits(path):
                votes[beginning] += joined(root, rest) in packages
        best = max(votes, key=lambda path: (votes[path], "." in path.partition("/")[0], path), default="")
        if votes[best]:
            modules.setdefault(best, root)
    return modules


def _splits(path: str) -> Iterator[tuple[str, str]]:
    parts = path.split("/")
    for count in range(1, len(parts)):
        yield "/".join(parts[:count]), "/".join(parts[count:])


def _package(name: str, modules: Mapping[str, str], packages: Mapping[str, int]) -> int | None:
    """The package of an import path: that of the longest module path which it begins with."""
    for beginning in folders_above(name):
        if beginning and beginning in modules:
            rest = name[len(beginning) + 1 :]
            return packages.get(joined(modules[beginning], rest))
    return None
