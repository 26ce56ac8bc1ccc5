"""Manifests of Gradle: build scripts in Groovy and Kotlin, and version catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fedlore.observe.manifests.package import Declared, constraint_of
from fedlore.observe.manifests.tables import read_toml, table

_CONFIGURATION = (
    r"(?:^|[\s{;])(?:\w*(?:[iI]mplementation|[aA]pi|[cC]ompileOnly|[rR]untimeOnly|[cC]ompile|[rR]untime"
    r"|[aA]nnotationProcessor)|kapt\w*|ksp\w*|classpath|detektPlugins)"
)
_WRAPPED = r"""[ (]+(?:(?:enforcedPlatform|platform|testFixtures)[ (]+)?"""
_COORDINATES = re.compile(_CONFIGURATION + _WRAPPED + r"""["']([\w.-]+):([\w.-]+)(?::([^"'@:]*))?""")
_NAMED = re.compile(
    _CONFIGURATION + r"""[ (]+group\s?[:=]\s?["']([\w.-]+)["'],\s?name\s?[:=]\s?["']([\w.-]+)["']"""
    r"""(?:,\s?version\s?[:=]\s?["']([^"']*))?"""
)
_KOTLIN = re.compile(_CONFIGURATION + r"""[ (]+kotlin\(["']([\w.-]+)["']""")
_PLUGIN = re.compile(r"""(?:^|[\s{;])(id|kotlin)[ (]+["']([\w.-]+)["']\)?(?:\s?version[ (]+["']([^"']*))?""")
_LONGEST_LINE = 2_000


def build_gradle(data: bytes) -> Iterator[Declared]:
    """Coordinates in the usual configurations, and plugins by their marker artefacts; commented lines are left out."""
    for line in data.decode(errors="replace").splitlines():
        text = line.strip()
        if text.startswith(("//", "*", "/*")) or len(text) > _LONGEST_LINE:
            continue
        for group, name, version in (*_COORDINATES.findall(text), *_NAMED.findall(text)):
            yield Declared("maven", f"{group}/{name}", constraint_of(version))
        for name in _KOTLIN.findall(text):
            yield Declared("maven", f"org.jetbrains.kotlin/kotlin-{name}")
        for function, name, version in _PLUGIN.findall(text):
            if function == "kotlin" and not text.startswith("kotlin"):
                continue
            yield _plugin(f"org.jetbrains.kotlin.{name}" if function == "kotlin" else name, version)


def version_catalogue(data: bytes) -> Iterator[Declared]:
    """``libs.versions.toml``: libraries and plugins, with their versions filled in."""
    document = read_toml(data)
    versions = table(document.get("versions"))
    for given in table(document.get("libraries")).values():
        module, constraint = _entry(given, "module", versions)
        details = table(given)
        group, _, name = module.partition(":") if module else (details.get("group", ""), "", details.get("name", ""))
        if group and name:
            yield Declared("maven", f"{group}/{name}", constraint)
    for given in table(document.get("plugins")).values():
        name, constraint = _entry(given, "id", versions)
        if name:
            yield _plugin(name, constraint)


def _plugin(name: str, version: str) -> Declared:
    return Declared("maven", f"{name}/{name}.gradle.plugin", constraint_of(version))


def _entry(given: object, key: str, versions: object) -> tuple[str, str]:
    """The name and the version of one entry, written as one text or as a table."""
    if isinstance(given, str):
        name, _, version = given.rpartition(":")
        return name, constraint_of(version)
    details = table(given)
    version = details.get("version", "")
    if "ref" in table(version):
        version = table(versions).get(str(table(version)["ref"]), "")
    for word in ("strictly", "require", "prefer"):
        version = table(version).get(word, version)
    return str(details.get(key, "")), constraint_of(version)
