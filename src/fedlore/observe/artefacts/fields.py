"""Fields of Markdown pages that have no front matter: a label and its value, in the forms that people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fedlore.observe.artefacts.markdown import heading

_MARKS = "*_`>|- \t"


def field(lines: Sequence[str], label: str) -> str:
    """The text of the first field with this label (a regular expression, lower case); ``""`` if there is none.

    The forms are ``Label: text``, ``**Label:** text``, ``## Label: text``, a row ``| Label | text |`` of a table, and a
    heading ``## Label`` with the text in the next line that is not blank.
    """
    form = re.compile(rf"[\s>#*_|-]{{0,12}}(?:{label})[\s*_|]{{0,6}}(?::[\s*_|]{{0,6}}|\|\s{{0,4}})(.+)", re.IGNORECASE)
    title = re.compile(label)
    for number, line in enumerate(lines):
        if found := form.fullmatch(line):
            return found[1].strip(_MARKS)
        if title.fullmatch(heading(line)[1].lower()):
            following = (after.strip(_MARKS) for after in lines[number + 1 :])
            return next((after for after in following if after), "")
    return ""
