"""Keep whole histories between runs, so that the next run reads only the commits that came since."""

from __future__ import annotations

import hashlib
import hmac
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from fedlore.observe.evidence import History
from fedlore.observe.sqlite_file import SqliteFile

TABLE = """
CREATE TABLE IF NOT EXISTS histories (
    repository TEXT PRIMARY KEY, terms TEXT NOT NULL, head TEXT NOT NULL, value BLOB NOT NULL
)
"""

_MOST_BYTES = 1 << 29
_CODE = (
    "evidence.py",
    *("history/columns.py", "history/git.py", "history/log.py", "history/order.py"),
    *("history/people.py", "history/people.toml", "history/subjects.py"),
)
_PERSON_BYTES = 16
_SEAL_BYTES = 32


@dataclass(frozen=True, slots=True)
class HistoryKey:
    """Whose history it is, and everything else that it depends on but for the commit at its head.

    ``repository`` is a hash of the folder's place, ``terms`` one of mailmap, shallow cut, salt and code.
    """

    repository: str
    terms: str
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeptHistory:
    """The whole history of one head."""

    head: str
    history: History


def history_key(place: bytes, mailmap: str, shallow: bytes, salt: bytes) -> HistoryKey:
    """The key of the repository at a place: no place, mailmap or salt can be read out of it without the salt."""
    terms = b"\0".join([_code().encode(), mailmap.encode(), shallow])
    repository, said = (hashlib.blake2b(text, key=salt, digest_size=32).hexdigest() for text in (place, terms))
    return HistoryKey(repository, said, salt)


def recall(file: SqliteFile, key: HistoryKey) -> KeptHistory | None:
    """The history that was kept under this key; None if there is none, or it cannot be read."""
    query = "SELECT head, value FROM histories WHERE repository = ? AND terms = ?"
    for head, value in file.rows(query, (key.repository, key.terms)):
        try:
            if not hmac.compare_digest(value[:_SEAL_BYTES], _seal(key, head, value[_SEAL_BYTES:])):
                return None
            with np.load(io.BytesIO(value[_SEAL_BYTES:]), allow_pickle=False) as arrays:
                return KeptHistory(head, _from_arrays(arrays))
        except (ValueError, KeyError, TypeError, IndexError, OverflowError, OSError, EOFError, zipfile.BadZipFile):
            return None
    return None


def keep(file: SqliteFile, key: HistoryKey, kept: KeptHistory) -> None:
    """Keep a whole history in place of any other of the same repository; one of more than 512 MiB is not kept."""
    packed = io.BytesIO()
    np.savez(packed, **_to_arrays(kept.history))
    if packed.tell() <= _MOST_BYTES:
        value = packed.getvalue()
        row = (key.repository, key.terms, kept.head, _seal(key, kept.head, value) + value)
        file.change(("INSERT OR REPLACE INTO histories VALUES (?, ?, ?, ?)", [row]))


def _seal(key: HistoryKey, head: str, value: bytes) -> bytes:
    """What nobody can make without the salt: a history that was changed or planted is none of ours."""
    digest = hashlib.blake2b(key=key.salt, digest_size=_SEAL_BYTES)
    for part in (key.repository.encode(), key.terms.encode(), str(head).encode(errors="replace"), value):
        digest.update(b"%d:" % len(part) + part)
    return digest.digest()


@cache
def _code() -> str:
    """Names the code that makes a history out of what git writes."""
    digest = hashlib.sha256()
    for name in _CODE:
        content = (resources.files("fedlore.observe") / name).read_bytes()
        digest.update(f"{name} {len(content)}\0".encode() + content)
    return digest.hexdigest()


def _to_arrays(history: History) -> dict[str, Any]:
    arrays = {item.name: getattr(history, item.name) for item in fields(history)}
    return arrays | {
        "paths": np.frombuffer(b"".join(path + b"\0" for path in history.paths), np.uint8),
        "people": np.frombuffer(b"".join(history.people), np.uint8),
    }


def _from_arrays(arrays: Mapping[str, Any]) -> History:
    columns = {item.name: arrays[item.name] for item in fields(History)}
    columns["head"] = int(columns["head"])
    people = columns["people"].tobytes()
    columns["paths"] = columns["paths"].tobytes().split(b"\0")[:-1]
    columns["people"] = [people[start : start + _PERSON_BYTES] for start in range(0, len(people), _PERSON_BYTES)]
    return History(**columns)
