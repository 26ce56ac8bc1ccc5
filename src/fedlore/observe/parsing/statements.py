"""Import statements as written, on one line and without comments, for those who resolve them."""

from __future__ import annotations

import re

MOST_IMPORTS = 2000
MOST_IMPORT_CHARACTERS = 500


def import_statement(text: str, remark: re.Pattern[str]) -> str:
    """The text of one import without its comments, as one line of at most `MOST_IMPORT_CHARACTERS`."""
    return " ".join(remark.sub(" ", text).split())[:MOST_IMPORT_CHARACTERS]
