"""The packages that a manifest declares, as package URLs without versions; parsers read bytes and run nothing."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from xml.parsers import expat

from packageurl import PackageURL

_LARGEST = 300_000


class Package(NamedTuple):
    """A package by its ecosystem (the type of a package URL) and its name there."""

    ecosystem: str
    name: str

    def url(self) -> str | None:
        """The package URL (ECMA-427) without version, or None if the name is none in its ecosystem."""
        namespace, _, name = self.name.rpartition("/")
        try:
            return PackageURL(self.ecosystem, namespace or None, name).to_string()
        except ValueError:
            return None


_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:[\[(<>=!~;@,#]|$)")
_GEM = re.compile(rb"""^\s*gem[ (]+["']([\w.-]+)["']""", re.MULTILINE)
_GO = re.compile(rb"^(?:require)?[ \t]+([\w.-]+\.[\w.-]+(?:/[\w.~-]+)*)[ \t]+v\d", re.MULTILINE)
_FROM = re.compile(rb"^FROM[ \t]+(?:--\S+[ \t]+)*([a-z0-9][\w./:-]*)", re.MULTILINE | re.IGNORECASE)
_REQUIREMENTS_PATH = re.compile(rb"(?:^|[-_./])requirements(?:[-_.][^/]*|/[^/]*)?\.(?:txt|in)$")
_DOCKERFILE_PATH = re.compile(rb"(?:^|[./])(?:docker|container)file(?:\.[^/]*)?$")
_GRADLE = re.compile(rb"""\w(?:mplementation|pi|ompileOnly|untimeOnly|ompile)[ (]+["']([\w.-]+):([\w.-]+)[:"']""")


def _requirement(text: object) -> Iterator[Package]:
    """The name at the start of one PEP 508 requirement; options and addresses have none."""
    if isinstance(text, str) and (found := _REQUIREMENT.match(text)):
        yield Package("pypi", found[1])


def _requirements_txt(data: bytes) -> Iterator[Package]:
    for line in data.decode(errors="replace").splitlines():
        yield from _requirement(line)


def _pyproject(data: bytes) -> Iterator[Package]:
    document = tomllib.loads(data.decode())
    project, tool = _table(document.get("project")), _table(document.get("tool"))
    lists = [project.get("dependencies"), _table(document.get("build-system")).get("requires")]
    lists += _table(project.get("optional-dependencies")).values()
    lists += _table(document.get("dependency-groups")).values()
    for requirements in lists:
        for text in requirements if isinstance(requirements, list) else ():
            yield from _requirement(text)
    poetry = _table(tool.get("poetry"))
    groups = [poetry, *map(_table, _table(poetry.get("group")).values())]
    for name in (n for group in groups for key in ("dependencies", "dev-dependencies") for n in _table(group.get(key))):
        yield from _requirement(name)


def _setup_cfg(data: bytes) -> Iterator[Package]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(data.decode(errors="replace"))
    texts = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        texts += [text for _, text in parser.items("options.extras_require")]
    for line in (line for text in texts for line in text.splitlines()):
        yield from _requirement(line)


def _pipfile(data: bytes) -> Iterator[Package]:
    document = tomllib.loads(data.decode())
    for name in (name for key in ("packages", "dev-packages") for name in _table(document.get(key))):
        yield from _requirement(name)


def _package_json(data: bytes) -> Iterator[Package]:
    document = _table(json.loads(data))
    for kind in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies"):
        yield from (Package("npm", name) for name in _table(document.get(kind)))


def _composer(data: bytes) -> Iterator[Package]:
    document = _table(json.loads(data))
    for kind in ("require", "require-dev"):
        yield from (Package("composer", name) for name in _table(document.get(kind)) if "/" in name)


def _cargo(data: bytes) -> Iterator[Package]:
    document = tomllib.loads(data.decode())
    tables = [document, _table(document.get("workspace")), *map(_table, _table(document.get("target")).values())]
    for table in tables:
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            for name, given in _table(table.get(kind)).items():
                yield Package("cargo", str(_table(given).get("package", name)))


def _go_mod(data: bytes) -> Iterator[Package]:
    return (Package("golang", re.sub(r"/v\d+$", "", name.decode())) for name in _GO.findall(data))


def _gemfile(data: bytes) -> Iterator[Package]:
    return (Package("gem", name.decode()) for name in _GEM.findall(data))


def _gradle(data: bytes) -> Iterator[Package]:
    return (Package("maven", f"{group.decode()}/{name.decode()}") for group, name in _GRADLE.findall(data))


def _dockerfile(data: bytes) -> Iterator[Package]:
    images = (image.decode().partition("@")[0] for image in _FROM.findall(data))
    return (Package("docker", re.sub(r":[^/]*$", "", image).removeprefix("docker.io/")) for image in images)


def _pom(data: bytes) -> list[Package]:
    """The ``dependency`` elements; a document type (where entities are declared) is refused."""
    open_elements: list[str] = []
    fields: dict[str, str] = {}
    found: list[Package] = []

    def start(name: str, _: dict[str, str]) -> None:
        open_elements.append(name)
        if name == "dependency":
            fields.clear()

    def text(part: str) -> None:
        if open_elements[-2:-1] == ["dependency"]:
            fields[open_elements[-1]] = fields.get(open_elements[-1], "") + part

    def end(name: str) -> None:
        open_elements.pop()
        if name == "dependency" and {"groupId", "artifactId"} <= fields.keys():
            found.append(Package("maven", f"{fields['groupId'].strip()}/{fields['artifactId'].strip()}"))

    def refuse(*_: object) -> None:
        raise ValueError("a document type in a pom.xml")

    parser = expat.ParserCreate(namespace_separator=None)
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(data, True)
    return found


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


_PARSERS: dict[str, Callable[[bytes], Iterator[Package] | list[Package]]] = {
    "requirements.txt": _requirements_txt,
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "pipfile": _pipfile,
    "package.json": _package_json,
    "composer.json": _composer,
    "cargo.toml": _cargo,
    "go.mod": _go_mod,
    "gemfile": _gemfile,
    "build.gradle": _gradle,
    "pom.xml": _pom,
    "dockerfile": _dockerfile,
}


def manifest_kind(path: bytes) -> str:
    """Which parser reads this path, or ``""``: by the file's usual name or pattern."""
    lower = path.lower()
    if _REQUIREMENTS_PATH.search(lower):
        return "requirements.txt"
    if _DOCKERFILE_PATH.search(lower):
        return "dockerfile"
    name = lower.rpartition(b"/")[2]
    kind = name.decode(errors="replace")
    return kind if kind in _PARSERS else ""


def declared_packages(kind: str, data: bytes) -> frozenset[str]:
    """The package URLs that a manifest of this kind declares; none if it is broken, hostile or above 300 kB."""
    if len(data) > _LARGEST:
        return frozenset()
    try:
        urls = [package.url() for package in _PARSERS[kind](data)]
    except (ValueError, RecursionError, configparser.Error, expat.ExpatError):
        return frozenset()
    return frozenset(url for url in urls if url is not None)
