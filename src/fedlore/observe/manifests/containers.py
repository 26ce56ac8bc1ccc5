"""Images of containers, and actions: Dockerfile, compose files, and the workflows of GitHub Actions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fedlore.observe.manifests.package import Declared, constraint_of

_FROM = re.compile(r"FROM[ \t]+(?:--\S+[ \t]+)*(\S+)(?:[ \t]+AS[ \t]+(\S+))?", re.IGNORECASE)
_COPIED = re.compile(r"COPY[ \t]+(?:--\S+[ \t]+)*?--from=(\S+)", re.IGNORECASE)
_IMAGE = re.compile(r"""(?:-[ \t]+)?(?:image|container):[ \t]*["']?([^\s"'#{}&*|>]+)""")
_USES = re.compile(r"""(?:-[ \t]+)?uses:[ \t]*["']?([^\s"'#]+)""")
_IMAGE_NAME = re.compile(r"[a-z0-9][\w./:-]*")
_ACTION = re.compile(r"([\w.-]+/[\w.-]+)(?:/[^@]*)?@(\S+)")
_LONGEST_LINE = 2_000


def dockerfile(data: bytes) -> Iterator[Declared]:
    """The images that the stages build on or copy from, but for earlier stages."""
    stages = {"scratch"}
    for line in _lines(data):
        if found := _FROM.match(line):
            if found[1].lower() not in stages:
                yield from _image(found[1])
            stages.add((found[2] or "").lower())
        elif (found := _COPIED.match(line)) and found[1].lower() not in stages and not found[1].isdigit():
            yield from _image(found[1])


def compose(data: bytes) -> Iterator[Declared]:
    """The images of services."""
    for line in _lines(data):
        if found := _IMAGE.match(line):
            yield from _image(found[1])


def workflow(data: bytes) -> Iterator[Declared]:
    """The actions and reusable workflows of other repositories, and the images of services and steps."""
    for line in _lines(data):
        if found := _USES.match(line):
            if found[1].startswith("docker://"):
                yield from _image(found[1].removeprefix("docker://"))
            elif action := _ACTION.fullmatch(found[1]):
                yield Declared("githubactions", action[1].lower(), constraint_of(action[2]))
        elif found := _IMAGE.match(line):
            yield from _image(found[1])


def _lines(data: bytes) -> Iterator[str]:
    return (line.strip() for line in data.decode(errors="replace").splitlines() if len(line) <= _LONGEST_LINE)


def _image(text: str) -> Iterator[Declared]:
    """An image's name without registry of Docker's own, and its tag or digest."""
    reference, _, digest = text.partition("@")
    folder, slash, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    image = (folder + slash + name).removeprefix("docker.io/").removeprefix("library/")
    if _IMAGE_NAME.fullmatch(image):
        yield Declared("docker", image, constraint_of(f"@{digest}" if digest else tag))
