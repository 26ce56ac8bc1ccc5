"""Write a made-up history as a real git repository: a minimal folder by hand, its objects by ``git fast-import``."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fedlore.catalogue.errors import FedloreError
from fedlore.demo.history import Commit, History, Tag
from fedlore.demo.messages import Person
from fedlore.observe.command import ENVIRONMENT, git_program

_BRANCH = "refs/heads/main"
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
_SETTINGS = ("core.fsync=none", "fastimport.unpackLimit=0", "core.compression=1", "core.logAllRefUpdates=false")
_FILE = "100644"


class ImportFailed(FedloreError):
    """git did not take the history; the message holds what it said."""


def write_repository(folder: Path, history: History) -> None:
    """Make a repository in ``folder / ".git"`` whose HEAD is the history's last commit; nothing is checked out.

    Raises `ImportFailed` if git does not accept the history, `FileExistsError` if there is a repository already.
    """
    git_dir = folder / ".git"
    for part in ("objects/pack", "objects/info", "refs/heads", "refs/tags"):
        (git_dir / part).mkdir(parents=True, exist_ok=part != "objects/pack")
    (git_dir / "HEAD").write_text(f"ref: {_BRANCH}\n")
    (git_dir / "config").write_text(_CONFIG)
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    command = [git_program(), f"--git-dir={git_dir}", *settings, "fast-import", "--quiet", "--done"]
    done = subprocess.run(command, input=import_stream(history), env=ENVIRONMENT, capture_output=True, check=False)
    if done.returncode:
        raise ImportFailed(done.stderr.decode(errors="replace").strip())


def import_stream(history: History) -> bytes:
    """The history in the format that ``git fast-import`` reads (git-fast-import(1), input format).

    The mark of a commit is its place in the history plus one.
    """
    parts: list[bytes] = []
    newest = 0
    for place, commit in enumerate(history.commits):
        parts += _commit(place + 1, commit, newest)
        newest = place + 1
    for tag in history.tags:
        parts += _tag(tag)
    parts.append(b"done\n")
    return b"".join(parts)


def _commit(mark: int, commit: Commit, newest: int) -> list[bytes]:
    step = commit.step
    who = _signature(step.author, step.time)
    lines = [f"commit {_BRANCH}", f"mark :{mark}", f"author {who}", f"committer {who}", ""]
    parts = ["\n".join(lines).encode(), _data(step.message)]
    first, *others = [parent + 1 for parent in commit.parents] or [0]
    if first != newest:
        parts.append(f"from :{first}\n".encode())
    parts += [f"merge :{other}\n".encode() for other in others]
    for path, content in step.changes.items():
        if content is None:
            parts.append(f"D {path}\n".encode())
        else:
            parts += [f"M {_FILE} inline {path}\n".encode(), _data(content)]
    return [*parts, b"\n"]


def _tag(tag: Tag) -> list[bytes]:
    origin = f"from :{tag.commit + 1}\n"
    if tag.tagger is None:
        return [f"reset refs/tags/{tag.name}\n{origin}\n".encode()]
    head = f"tag {tag.name}\n{origin}tagger {_signature(tag.tagger, tag.time)}\n"
    return [head.encode(), _data(f"{tag.name}\n")]


def _signature(person: Person, time: int) -> str:
    return f"{person} {time} {person.zone}"


def _data(text: str) -> bytes:
    content = text.encode()
    return b"data %d\n%s\n" % (len(content), content)
