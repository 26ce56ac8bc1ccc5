"""The text of a file that may be in any encoding, and what was odd about it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
MOST_LINES = 30_000
LONGEST_LINE = 2_000


@dataclass(slots=True)
class Troubles:
    """What could not be read in one file: told in one sentence, the first trouble and the number of the others.

    No sentence holds anything of the file but numbers of lines, so that none can be made to say something else.
    """

    sentences: list[str] = field(default_factory=list)

    def add(self, sentence: str) -> None:
        """Note a trouble, once."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)

    @property
    def warning(self) -> str:
        """The one sentence; ``""`` where there was no trouble."""
        if not self.sentences:
            return ""
        others = len(self.sentences) - 1
        return self.sentences[0] + (f" (and {others} more such places)" if others else "")


def text_of(data: bytes, troubles: Troubles) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else Windows-1252.

    Characters that no text file holds (controls, surrogates, marks within the text) become blanks.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            break
    else:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            troubles.add("not in UTF-8; read as Windows-1252")
            text = data.decode("cp1252", "replace")
    text, controls = _CONTROLS.subn(" ", text)
    if controls:
        troubles.add("control characters were passed over")
    return text


def lines_of(text: str, troubles: Troubles) -> list[str]:
    """The first lines of a text, each cut to a bounded length."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", MOST_LINES)
    if len(lines) > MOST_LINES:
        troubles.add(f"only the first {MOST_LINES} lines were read")
        lines.pop()
    return [line[:LONGEST_LINE] for line in lines]
