"""The dictionary of code templates: each entry is a template, readable, and one of a rule that has a measure."""

from __future__ import annotations

import pytest

from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.templates import MOST_WORDS, TemplateError, load_templates

TEMPLATES = load_templates()


def test_every_entry_is_a_template_of_a_known_measure() -> None:
    catalogue = load_catalogue()
    assert len(TEMPLATES.entries) > 150
    assert set(catalogue.templates) == set(TEMPLATES.entries)
    for name, template in TEMPLATES.entries.items():
        TEMPLATES.alphabets[template.language].check(template.shape)
        assert template.measure in catalogue.measures
        assert name == f"template.{template.language}.{template.rule}.{template.number}"
    assert len(TEMPLATES.by_shape) == len(TEMPLATES.entries)


def test_templates_are_numbered_without_gaps() -> None:
    numbers: dict[tuple[str, str], list[int]] = {}
    for template in TEMPLATES.entries.values():
        numbers.setdefault((template.language, template.rule), []).append(template.number)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


@pytest.mark.parametrize(
    "shape",
    [
        "try :\n    secret_name ( )",
        'raise _1 ( "secret" )',
        "return 42",
        "return _2",
        "return _1 _3",
        "return _1\x1b[31m",
        "return _1 # a comment",
        "return _01",
        "return _100",
        "return  _1",
        "return _1\n",
        "return\t_1",
        "return _1\u202e",
        " ".join(["_1"] * (MOST_WORDS + 1)),
        "",
    ],
)
def test_what_holds_anything_else_is_refused(shape: str) -> None:
    with pytest.raises(TemplateError):
        TEMPLATES.alphabets["python"].check(shape)


def test_a_template_reads_as_code() -> None:
    codes = {template.code for template in TEMPLATES.entries.values()}
    assert "try:\n    …\nexcept _1:\n    pass" in codes
    assert "try {\n    …\n}\ncatch (_1) {}" in codes
    assert "if _1 := …; _1 != nil {\n    return …\n}" in codes
    assert "_1._2 == 0" in codes
    assert "with … as _1:\n    return …" in codes
    assert "defer func () {\n    …\n} ()" in codes
