"""What every page has: templates that escape whatever they are given, and a style that its policy knows by hash."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

STYLE = ("fedlore.observe.report", "style.css")
"""The style of all pages: a package, and a file among its templates."""


def escaping(package: str) -> Environment:
    """The templates of a package, which escape everything but their own text."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def styled(*files: tuple[str, str]) -> dict[str, str]:
    """A page's ``style`` and ``style_digest``: only these files of the package may stand in it as they are."""
    style = "".join((resources.files(package) / "templates" / name).read_text("utf-8") for package, name in files)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return {"style": Markup(style), "style_digest": digest}  # noqa: S704
