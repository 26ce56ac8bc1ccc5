"""A code template holds words of its language and holes, and nothing that a project chose."""

from __future__ import annotations

import re

import pytest
from ast_grep_py import SgNode, SgRoot
from hypothesis import given
from hypothesis import strategies as st

from fedlore.catalogue.templates import CUT, MOST_WORDS, load_templates
from fedlore.observe.evidence import SourceFile, Tree
from fedlore.observe.features.templates import held
from fedlore.observe.parsing.templates import DEPTHS, shapes_of
from fedlore.observe.source import examine_source

TEMPLATES = load_templates()
CANARY = "qzvk"
NUMBER = "73519"

PYTHON = f"""
import {CANARY}_module as {CANARY}_alias
from {CANARY}.package import {CANARY}_name, other as {CANARY}_other
@{CANARY}_decorator("{CANARY}", {CANARY}={NUMBER})
class {CANARY}Class({CANARY}.Base, metaclass={CANARY}_meta):
    '''{CANARY} documentation'''
    {CANARY}_field: {CANARY}_type = {NUMBER}
async def {CANARY}_function({CANARY}_argument: "{CANARY}" = [], *{CANARY}_rest, **{CANARY}_more) -> {CANARY}_result:
    try:
        {CANARY}.{CANARY}_attribute("{CANARY}", {CANARY}_keyword={NUMBER})  # {CANARY} comment
    except {CANARY}_error.Kind as {CANARY}_caught:
        # {CANARY}
        {CANARY}_log.error(f"{CANARY} {{{CANARY}!r:>{NUMBER}}}", r"{CANARY}\\d+", b"{CANARY}", {NUMBER}.5e7, {NUMBER}j)
        raise {CANARY}_raised("{CANARY}" "{CANARY}") from {CANARY}_caught
    with {CANARY}_open("{CANARY}", 'w') as {CANARY}_file, {CANARY}_second:
        {CANARY}_file.write({CANARY}_data[{NUMBER}:-{NUMBER}])
    if {CANARY} >= {NUMBER} and not {CANARY} in ({CANARY}_a, {CANARY}_b) or {CANARY} is not None:
        return [{CANARY} for {CANARY} in {CANARY}_list if {CANARY}] + {{{CANARY}: "{CANARY}"}}
    {CANARY} **= (lambda {CANARY}: {NUMBER})
    match {CANARY}:
        case {CANARY}_pattern.Kind({CANARY}=1):
            global {CANARY}_global
    try:
        {CANARY} = {NUMBER}
    except {CANARY}:
        pass  # {CANARY}
"""
JAVASCRIPT = f"""
import {CANARY}, {{ {CANARY}_a as {CANARY}_b }} from "{CANARY}";
{CANARY}_label: for (const {CANARY} of {CANARY}_list) {{ continue {CANARY}_label; }}
class {CANARY} extends {CANARY}_base {{
  #{CANARY}_private = {NUMBER}; {CANARY}_method() {{ return this.#{CANARY}_private; }}
}}
try {{
  await {CANARY}.{CANARY}_property(`{CANARY} ${{{CANARY}}}`, {NUMBER}n, /{CANARY}[a-z]+/gi); // {CANARY}
}} catch ({CANARY}_error) {{
  /* {CANARY} */
  console.{CANARY}_log("{CANARY}", {{ {CANARY}, {CANARY}_key: '{CANARY}', ["{CANARY}"]: {NUMBER} }}, ...{CANARY}_rest);
}} finally {{ {CANARY}_done(true); }}
if ({CANARY}?.{CANARY}_optional >= {NUMBER}) {{ throw new {CANARY}_thrown({CANARY}) }}
const {CANARY}_view = ({{ {CANARY}_shorthand = {NUMBER} }}) => {CANARY}_tag`{CANARY}`;
"""
JAVA = f"""
package {CANARY}.sub; import {CANARY}.Thing;
@{CANARY}Annotation("{CANARY}") class {CANARY}<{CANARY}T extends {CANARY}B> {{
  void {CANARY}_method() throws {CANARY}_exception {{
    {CANARY}_label: while (true) {{ break {CANARY}_label; }}
    try ({CANARY}Resource {CANARY} = new {CANARY}Resource("{CANARY}", 'q', {NUMBER}L, 0x{NUMBER})) {{ {CANARY}.run(); }}
    catch ({CANARY}_a | {CANARY}_b {CANARY}_caught) {{ // {CANARY}
      /* {CANARY} */ throw new RuntimeException("{CANARY}", {CANARY}_caught); }}
    finally {{ {CANARY}_lock.unlock(); }}
    if ({CANARY}.size() > {NUMBER}) return;
  }}
}}
"""
GO = f"""
package {CANARY}
import {CANARY} "{CANARY}/path"
func ({CANARY}_r *{CANARY}_type) {CANARY}_function({CANARY}_p {CANARY}_t) ({CANARY}_x error) {{
	{CANARY}_err := {CANARY}.{CANARY}_call("{CANARY}", {NUMBER}, 'q', `{CANARY}`) // {CANARY}
	if {CANARY}_err != nil {{
		return nil, fmt.Errorf("{CANARY} %w", {CANARY}_err)
	}}
	defer {CANARY}_file.Close()
	if len({CANARY}) > {NUMBER} {{ goto {CANARY}_label }}
{CANARY}_label:
	return &{CANARY}{{ {CANARY}_field: {NUMBER} }}, nil
}}
"""
SOURCES = {
    "python": (PYTHON, "python"),
    "javascript": (JAVASCRIPT, "javascript"),
    "typescript": (JAVASCRIPT + f'const {CANARY}: {CANARY}_type<"{CANARY}"> = {CANARY}!;', "typescript"),
    "java": (JAVA, "java"),
    "go": (GO, "go"),
}


def _nodes(node: SgNode) -> list[SgNode]:
    return [node, *(inner for child in node.children() for inner in _nodes(child))]


@pytest.mark.parametrize("language", sorted(TEMPLATES.alphabets))
def test_no_tree_at_all_lets_through_what_a_project_chose(language: str) -> None:
    source, parser = SOURCES[language]
    alphabet = TEMPLATES.alphabets[language]
    nodes = _nodes(SgRoot(source, parser).root())
    shapes = {shape for node in nodes for shape in shapes_of(node, alphabet)}
    assert len(shapes) > 50
    for shape in shapes:
        alphabet.check(shape)
        assert CANARY not in shape
        assert NUMBER not in shape
        assert len(shape.split()) <= MOST_WORDS
        for word in shape.split():
            assert word in {*alphabet.tokens, *alphabet.literals.values(), CUT} or re.fullmatch(r"_[1-9]\d?", word)


def test_what_a_file_is_remembered_by_holds_no_word_of_it() -> None:
    counts = examine_source(PYTHON.encode(), "python").counts
    named = {name for name in counts if name.startswith("template.")}
    assert named
    assert named <= set(TEMPLATES.entries)
    assert CANARY not in str(counts)


WORDS = st.from_regex(r"[a-z][a-z0-9_]{3,8}x", fullmatch=True)


@given(names=st.lists(WORDS, min_size=4, max_size=4, unique=True), text=WORDS, number=st.integers(2, 10**9))
def test_the_same_shape_gives_the_same_templates_whatever_the_names(names: list[str], text: str, number: int) -> None:
    alphabet = TEMPLATES.alphabets["python"]
    one, two, three, four = names
    source = f"try:\n    {one}.{two}('{text}', {number}) # {text}\nexcept {three} as {four}:\n    {four}.x({one})\n"
    found = SgRoot(source, "python").root().find(kind="except_clause")
    assert found is not None
    shapes = list(shapes_of(found, alphabet))
    assert shapes[0] == 'try :\n    _1 . _2 ( "" , 0 )\nexcept _3 as _4 :\n    _4 . _5 ( _1 )'
    assert shapes[-1] == "try :\n    …\nexcept … :\n    …"
    assert 2 < len(shapes) <= len(DEPTHS)


def test_comments_layout_and_trailing_commas_make_no_difference() -> None:
    plain = "with a(b, c) as d:\n    return d.e()\n"
    other = "with z(\n    y,  # why\n    x,\n) as w:\n    # so\n    return w.v()  # there\n"
    alphabet = TEMPLATES.alphabets["python"]
    nodes = [SgRoot(text, "python").root().find(kind="with_statement") for text in (plain, other)]
    first, second = [list(shapes_of(node, alphabet)) for node in nodes if node is not None]
    assert first == second
    assert first[0] == "with _1 ( … ) as _2 :\n    return … ( )"


def test_operators_and_keywords_are_kept() -> None:
    alphabet = TEMPLATES.alphabets["python"]
    for written, shape in {
        "a >= 5": "_1 >= 0",
        "a.b is not None": "_1 . _2 is not None",
        "a not in (3, 'x')": '_1 not in ( 0 , "" )',
        "a == True": "_1 == bool",
        "-a < 1.5": "- _1 < 0",
    }.items():
        node = SgRoot(written, "python").root().find(kind="comparison_operator")
        assert node is not None
        assert next(shapes_of(node, alphabet)) == shape


def test_broken_syntax_has_no_template() -> None:
    node = SgRoot("try:\n    a(\nexcept B:\n    ))) ´\n", "python").root()
    alphabet = TEMPLATES.alphabets["python"]
    broken = [inner for inner in _nodes(node) if inner.kind() == "ERROR"]
    assert broken
    assert not [shape for inner in broken for shape in shapes_of(inner, alphabet)]


def test_a_large_finding_is_cut_until_it_fits() -> None:
    body = "\n".join(f"    call_{number}(a, b, c)" for number in range(500))
    deep = "f(" * 200 + ")" * 200
    source = f"try:\n{body}\nexcept A:\n    x = {deep}\n"
    name = TEMPLATES.by_shape["python", "error_handling", "try :\n    …\nexcept _1 :\n    _2 = …"]
    assert examine_source(source.encode(), "python").counts[name] == 1


def test_files_with_and_without_jsx_share_their_templates() -> None:
    source = b"try { f() } catch { }\n"
    name = TEMPLATES.by_shape["typescript", "swallowed_errors", "try {\n    …\n}\ncatch { }"]
    for language in ("typescript", "tsx"):
        assert examine_source(source, language).counts[name] == 1


def test_a_project_holds_what_its_sources_outside_of_tests_hold() -> None:
    counts = {"template.python.swallowed_errors.1": 2, "swallowed_errors": 2}
    files = [
        SourceFile(b"a.py", "1", "python", 10, counts=counts),
        SourceFile(b"b.py", "2", "python", 10, counts=counts),
        SourceFile(b"tests/test_a.py", "3", "python", 10, counts=counts),
    ]
    assert held(Tree(files)) == {"template.python.swallowed_errors.1": 4.0}
