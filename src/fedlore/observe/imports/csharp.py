"""C#: namespaces as the ends of folders, whether each part is a folder or a folder's name has dots."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fedlore.observe.imports.paths import MOST_PARTS, Ends, Importing, first_of_folders, without_extension

_USING = re.compile(r"\s*(?:global\s+)?using\s+(static\s+)?(?:\w+\s*=\s*)?(?:global::)?([\w.]+)\s*;?")
_PLATFORM = frozenset({"System", "Microsoft"})
_LEAST_PARTS = 2


def edges(files: Sequence[Importing]) -> Iterator[tuple[int, int]]:
    """Pairs of rows: a file, and the first file of the namespace that it uses, or the file of the type.

    Namespaces follow folders (.NET design rule IDE0130): ``A.B.C`` is a folder that ends in ``A/B/C``, ``A.B/C`` or
    ``A.B.C``, or in ``B/C`` where the project is named A; not so for the platform's own.
    """
    folders = Ends.of({_dotted(folder): row for folder, row in reversed(first_of_folders(files).items())})
    types = Ends.of({_dotted(without_extension(file.path)): file.row for file in reversed(files)})
    for file in files:
        near = _dotted(file.path)
        for statement in file.statements:
            match = _USING.match(statement)
            parts = match[2].split(".") if match else []
            if not parts or len(parts) >= MOST_PARTS:
                continue
            target = _namespace(folders, parts, near)
            if target is None and len(parts) >= _LEAST_PARTS:
                target = types.find("/".join(parts), near)
            if target is not None:
                yield file.row, target


def _dotted(path: str) -> str:
    return path.replace(".", "/")


def _namespace(folders: Ends, parts: Sequence[str], near: str) -> int | None:
    target = folders.find("/".join(parts), near)
    if target is None and len(parts) > _LEAST_PARTS and parts[0] not in _PLATFORM:
        target = folders.find("/".join(parts[1:]), near)
    return target
