"""Which files import which declared packages, by the rules of four ecosystems: PyPI, npm, Go and Cargo."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from fedlore.observe.evidence import SourceFile

_LANGUAGES = {
    "python": "pypi",
    "javascript": "npm",
    "typescript": "npm",
    "tsx": "npm",
    "go": "golang",
    "rust": "cargo",
}
_QUOTED = re.compile(r"""["'`]([^"'`\s]+)["'`]""")
_PYTHON = re.compile(r"(?:from|import)\s+(.+)")
_RUST = re.compile(r"(?:pub\s+)?(?:use|extern\s+crate)\s+(?:::)?(\w+)")
_MAJOR = re.compile(r"/v\d+(?=/|$)")

_IMPORTED_AS = {
    "beautifulsoup4": "bs4",
    "django-rest-framework": "rest_framework",
    "djangorestframework": "rest_framework",
    "google-genai": "google",
    "google-adk": "google",
    "grpcio": "grpc",
    "opencv-python": "cv2",
    "pillow": "pil",
    "protobuf": "google",
    "psycopg2-binary": "psycopg2",
    "pygithub": "github",
    "pyjwt": "jwt",
    "python-dateutil": "dateutil",
    "python-dotenv": "dotenv",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}
"""PyPI's well-known packages whose modules have another name; all others are imported by theirs."""


def users(packages: Iterable[str], files: Iterable[SourceFile]) -> dict[str, tuple[int, int]]:
    """How many files import a package, of how many in its ecosystem's languages; only packages that some file imports.

    ``packages`` are package URLs. A Go package is its module's path or one below it, whatever the major version.
    """
    by_name = {_imported_as(package): package for package in packages}
    used: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for file in files:
        ecosystem = _LANGUAGES.get(file.language)
        if ecosystem is not None:
            whole[ecosystem] += 1
            names = {name for statement in file.imports for name in _names(ecosystem, statement)}
            used.update({by_name[ecosystem, name] for name in names if (ecosystem, name) in by_name})
    ecosystems = {package: ecosystem for (ecosystem, _), package in by_name.items()}
    return {package: (count, whole[ecosystems[package]]) for package, count in used.items()}


def _imported_as(package: str) -> tuple[str, str]:
    """The ecosystem of a package URL, and the name that `_names` finds in imports of the package."""
    ecosystem, _, name = package.removeprefix("pkg:").partition("/")
    match ecosystem:
        case "pypi" | "conda":
            return "pypi", _IMPORTED_AS.get(name, name).replace("-", "_").replace(".", "_")
        case "cargo":
            return ecosystem, name.replace("-", "_")
        case _:
            return ecosystem, name.replace("%40", "@")


def _names(ecosystem: str, statement: str) -> Iterator[str]:
    """What one import statement may name; of a path in Go, every beginning."""
    match ecosystem:
        case "pypi":
            found = _PYTHON.match(statement)
            for module in found[1].split(" import ")[0].split(",") if found else ():
                yield module.split(" as ")[0].strip().partition(".")[0].lower()
        case "npm":
            for text in _QUOTED.findall(statement):
                first, *rest = text.split("/")
                yield "/".join([first, *rest[:1]]) if first.startswith("@") else first
        case "golang":
            for text in _QUOTED.findall(statement):
                parts = _MAJOR.sub("", text).lower().split("/")[:12]
                yield from ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        case _:
            yield from _RUST.findall(statement)
