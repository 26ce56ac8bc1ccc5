"""Manifests of Python: requirements files, pyproject.toml, setup.cfg, Pipfile, and conda's environment.yml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from fedlore.observe.manifests.package import Declared, constraint_of
from fedlore.observe.manifests.tables import read_toml, table, texts

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRAS = re.compile(r"\s*\[[^\]]*\]")
_ENDS = (";", " #", "\t#", " --", "\\")
_CONDA = re.compile(r"(?:[\w./-]+::)?([A-Za-z0-9_][A-Za-z0-9._-]*)\s*(.*)")
_ITEM = re.compile(r"( *)-\s+(\S.*)")


def requirement(text: str) -> Iterator[Declared]:
    """The package of one requirement (PEP 508, or pip's line with options); addresses, paths and options are none."""
    text = text.strip()
    found = _NAME.match(text)
    if found is None:
        return
    extras = _EXTRAS.match(text, found.end())
    rest = text[extras.end() if extras else found.end() :].lstrip()
    if rest[:1] in ("", *"(<>=!~;@,#\\") or rest.startswith("--"):
        for end in _ENDS:
            rest = f" {rest}".partition(end)[0]
        yield Declared("pypi", found[0].rstrip("._-"), constraint_of(rest.strip(" ()")))


def requirements(many: Iterable[str]) -> Iterator[Declared]:
    """The packages of several requirements."""
    for text in many:
        yield from requirement(text)


def requirements_txt(data: bytes) -> Iterator[Declared]:
    """A requirements file of pip; of a compiled one only what is asked for, not what that needs in its turn.

    pip-compile and uv write behind each package who asked for it (``# via``): a file, or other packages. Another
    compiled file (``.txt``) says so itself.
    """
    lines = data.decode("utf-8-sig", errors="replace").splitlines()
    for number, line in enumerate(lines):
        if not line.startswith(("-", "#", " ", "\t")) and not _is_needed_by_others(line, lines, number):
            yield from requirement(line)


def _is_needed_by_others(line: str, lines: list[str], number: int) -> bool:
    comments = [line.partition(" #")[2]]
    for below in lines[number + 1 : number + 200]:
        text = below.strip()
        if text.startswith("#") and below[:1].isspace():
            comments.append(text.lstrip("#"))
        elif not text.startswith("--hash"):
            break
    words = " ".join(comments).split()
    asked = [word for before, word in pairwise(words) if before == "-r" and not word.endswith(".txt")]
    return words[:1] == ["via"] and len(words) > 1 and not asked and not any(word[0] == "(" for word in words)


def pyproject(data: bytes) -> Iterator[Declared]:
    """``pyproject.toml``: PEP 517, 621 and 735, and the tables of Poetry, PDM, Hatch and uv."""
    document = read_toml(data)
    project, tool = table(document.get("project")), table(document.get("tool"))
    hatch, uv = table(table(tool.get("hatch")).get("envs")), table(tool.get("uv"))
    lists = [project.get("dependencies"), table(document.get("build-system")).get("requires")]
    lists += [uv.get("dev-dependencies"), *table(table(tool.get("pdm")).get("dev-dependencies")).values()]
    lists += [*table(project.get("optional-dependencies")).values(), *table(document.get("dependency-groups")).values()]
    lists += [table(env).get(key) for env in hatch.values() for key in ("dependencies", "extra-dependencies")]
    own = {name for name, source in table(uv.get("sources")).items() if _is_own(source)}
    for found in requirements(text for some in lists for text in texts(some)):
        if found.name not in own:
            yield found
    poetry = table(tool.get("poetry"))
    for group in (poetry, *map(table, table(poetry.get("group")).values())):
        for key in ("dependencies", "dev-dependencies"):
            yield from _by_name(table(group.get(key)))


def pipfile(data: bytes) -> Iterator[Declared]:
    """A Pipfile."""
    document = read_toml(data)
    for key in ("packages", "dev-packages"):
        yield from _by_name(table(document.get(key)))


def _by_name(packages: Mapping[str, Any]) -> Iterator[Declared]:
    """Poetry's and pipenv's tables: names, and constraints or tables with a ``version``."""
    for name, given in packages.items():
        if name != "python" and not _is_own(given):
            version = table(given).get("version", given)
            yield from (Declared("pypi", one.name, constraint_of(version)) for one in requirement(name))


def _is_own(given: object) -> bool:
    return bool(table(given).keys() & {"path", "workspace"})


def setup_cfg(data: bytes) -> Iterator[Declared]:
    """``setup.cfg``: what stands under ``[options]`` and ``[options.extras_require]``."""
    section = key = ""
    for line in data.decode("utf-8-sig", errors="replace").splitlines():
        text = line.strip()
        if not line[:1].isspace() and text.startswith("[") and text.endswith("]"):
            section, key = text[1:-1].strip(), ""
        elif text and not line[:1].isspace():
            key, equals, text = text.partition("=")
            key = key.strip() if equals else ""
        asked = key in ("install_requires", "setup_requires", "tests_require") and section == "options"
        if asked or (key and section == "options.extras_require"):
            yield from requirement(text)


def conda(data: bytes) -> Iterator[Declared]:
    """conda's ``environment.yml``: the list under ``dependencies``, and the one under ``pip`` in it."""
    inside = False
    pip = -1
    for line in data.decode("utf-8-sig", errors="replace").splitlines():
        if line[:1].isalpha():
            inside = line.split("#")[0].strip() == "dependencies:"
        item = _ITEM.match(line)
        if not inside or item is None:
            continue
        depth, text = len(item[1]), item[2].strip("'\" \t")
        if text == "pip:":
            pip = depth
        elif pip >= 0 and depth > pip:
            yield from requirement(text)
        else:
            pip = -1
            yield from _conda(text)


def _conda(text: str) -> Iterator[Declared]:
    found = _CONDA.match(text.partition(" #")[0])
    if found and found[1] != "python" and found[2][:1] in ("", *"<>=!~["):
        yield Declared("conda", found[1].lower(), constraint_of(found[2]))
