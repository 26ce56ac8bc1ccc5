"""What a file's path alone tells: its language, whether others wrote it, whether it is a test."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """A programming language: its name, the name ast-grep knows it by, and the extensions that its files carry."""

    name: str
    parser: str
    extensions: tuple[str, ...]

    @property
    def rules(self) -> str:
        """The rule file that counts in it; TypeScript with and without JSX share one."""
        return written_language(self.name)


LANGUAGES = {
    language.name: language
    for language in (
        Language("python", "python", ("py", "pyw")),
        Language("javascript", "javascript", ("js", "mjs", "cjs", "jsx")),
        Language("typescript", "typescript", ("ts", "mts", "cts")),
        Language("tsx", "tsx", ("tsx",)),
        Language("go", "go", ("go",)),
        Language("java", "java", ("java",)),
        Language("rust", "rust", ("rs",)),
        Language("c", "c", ("c", "h")),
        Language("cpp", "cpp", ("cpp", "cc", "cxx", "hpp", "hh", "hxx")),
        Language("csharp", "csharp", ("cs",)),
        Language("ruby", "ruby", ("rb",)),
        Language("php", "php", ("php",)),
        Language("kotlin", "kotlin", ("kt", "kts")),
    )
}
"""Every language that is read. No other name is ever handed to the parser, which ends the process on unknown ones."""

_SPELLED = {
    "python": "Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "tsx": "TypeScript with JSX",
    "go": "Go",
    "java": "Java",
    "rust": "Rust",
    "c": "C",
    "cpp": "C++",
    "csharp": "C#",
    "ruby": "Ruby",
    "php": "PHP",
    "kotlin": "Kotlin",
}


def spelled(language: str) -> str:
    """The name of a language as people write it; any other name as it is."""
    return _SPELLED.get(language, language)


_BY_EXTENSION = {extension.encode(): item.name for item in LANGUAGES.values() for extension in item.extensions}

_OTHERS_FOLDERS = frozenset(
    b"vendor vendored _vendor third_party third-party thirdparty node_modules bower_components jspm_packages "
    b"site-packages dist-packages .venv venv .tox __pycache__ pods carthage .yarn .gradle "
    b"dist generated __generated__ autogen".split()
)
_OTHERS_NAMES = re.compile(
    rb"(?:[.-]min\.(?:js|mjs|css)|\.bundle\.js|_pb2(?:_grpc)?\.pyi?|\.pb(?:\.gw)?\.(?:go|cc|h|rs)|_generated\.\w+"
    rb"|\.generated\.\w+|\.g\.(?:dart|cs)|\.designer\.cs|^zz_generated\..*|^jquery[.-].*\.js|^versioneer\.py)$"
)

_TEST_FOLDERS = frozenset(b"test tests __tests__ spec specs testing".split())
_TEST_NAMES = {
    "python": re.compile(rb"^(?:test_.*|.*_test|conftest|tests)\.pyw?$"),
    "javascript": re.compile(rb"[._-](?:test|tests|spec)\.[cm]?jsx?$"),
    "typescript": re.compile(rb"[._-](?:test|tests|spec)\.[cm]?ts$"),
    "tsx": re.compile(rb"[._-](?:test|tests|spec)\.tsx$"),
    "go": re.compile(rb"_test\.go$"),
    "java": re.compile(rb"(?:^Test\w*|Tests?|TestCase|IT)\.java$"),
    "rust": re.compile(rb"^(?:tests?|.*_tests?)\.rs$"),
    "c": re.compile(rb"^(?:test_.*|.*[_-]tests?)\.[ch]$"),
    "cpp": re.compile(rb"^(?:test_.*|.*[_-](?:unit)?tests?)\.(?:cpp|cc|cxx|hpp|hh|hxx)$"),
    "csharp": re.compile(rb"Tests?\.cs$"),
    "ruby": re.compile(rb"(?:^test_.*|_test|_spec)\.rb$"),
    "php": re.compile(rb"Test\.php$"),
    "kotlin": re.compile(rb"Tests?\.kts?$"),
}


def language_of(path: bytes) -> str:
    """The language of a file that the project wrote itself, by its extension; ``""`` for all other files."""
    _, dot, extension = path.rpartition(b".")
    language = _BY_EXTENSION.get(extension.lower(), "") if dot else ""
    return "" if language and is_by_others(path) else language


def written_language(name: str) -> str:
    """The language that people say they write: TypeScript with JSX, which has a parser of its own, is TypeScript."""
    return "typescript" if name == "tsx" else name


def is_by_others(path: bytes) -> bool:
    """Whether a path's folders or name say that it was vendored, generated or minified."""
    *folders, name = path.lower().split(b"/")
    return not _OTHERS_FOLDERS.isdisjoint(folders) or _OTHERS_NAMES.search(name) is not None


def is_test(path: bytes, language: str) -> bool:
    """Whether a source file is a test by its language's conventions: a test folder above it, or its own name."""
    if language not in _TEST_NAMES:
        return False
    *folders, name = path.split(b"/")
    above = {folder.lower() for folder in folders}
    return not _TEST_FOLDERS.isdisjoint(above) or _TEST_NAMES[language].search(name) is not None
