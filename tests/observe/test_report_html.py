"""The page stands alone: it loads nothing, runs nothing, escapes every name, and says in tables what its plots show."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fedlore.catalogue.load import load_catalogue
from fedlore.observe.evidence import Answer, Place
from fedlore.observe.project import Observed
from fedlore.observe.report.build import report_of
from fedlore.observe.report.html import html_of, log_length
from fedlore.observe.report.quarters import quarter_of, start_of

AS_OF = 1_790_000_000
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202e{{ 7 * 7 }}'
VOID = {"meta", "br", "img", "input", "link", "hr"}


class Page(HTMLParser):
    """Every element with its attributes, and the text outside of styles; an element that is not closed is an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def _observed(name: str, team: str) -> Observed:
    catalogue = load_catalogue()
    given = {measure: Answer(None) for measure in catalogue.measures}
    given |= {
        catalogue["workflow.ci"].id: Answer(True),
        catalogue["workflow.linter"].id: Answer(False),
        catalogue["code.bare_except"].id: Answer(True, {EVIL: 30}, (Place(EVIL.encode(), 7),)),
        catalogue["code.long_functions"].id: Answer(True, {"long": 10, "functions": 100}),
        catalogue["timeline.release_overdue"].id: Answer(1.0),
        catalogue["team.revert_share"].id: Answer(0.02, {"reverts": 4, "commits": 200}),
    }
    first = quarter_of(AS_OF) - 9
    quarters = [start_of(first + index) for index in range(10)]
    return Observed(
        Path("/repositories") / name,
        {measure: answer.value for measure, answer in given.items()},
        notes=(EVIL,),
        commits=1234,
        languages=("python", EVIL),
        answers=given,
        series={
            "commits": tuple((when, float(index * 3)) for index, when in enumerate(quarters)),
            "language:python": tuple((when, 0.75) for when in quarters),
            f"language:{EVIL}": tuple((when, 0.25) for when in quarters),
            "began:ci": ((quarters[0], 1.0),),
        },
        team=team,
    )


@pytest.fixture(scope="module")
def text() -> str:
    observed = [_observed("shop", EVIL), _observed(EVIL.replace("/", "|"), EVIL), _observed("plain", "")]
    observed.append(Observed(Path("/repositories/gone"), None, EVIL))
    return html_of(report_of(observed, load_catalogue(), AS_OF))


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_every_element_is_closed_and_every_id_is_one(page: Page) -> None:
    assert page.open == []
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert len(ids) > 8
    assert set(ids.values()) == {1}


def test_what_is_referred_to_is_there(page: Page) -> None:
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    labels = [attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes]
    links = [str(attributes["href"]) for attributes in page.all("a")]
    assert len(labels) > 8
    assert set(labels) <= ids
    assert links
    assert all(link.startswith("#") and link[1:] in ids for link in links)


def test_nothing_is_loaded_run_or_sent(page: Page, text: str) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "audio", "video", "use"}
    attributes = {name for _, given in page.elements for name in given}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {
        "src",
        "srcset",
        "style",
        "action",
    }
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert len(style) == 1
    assert not re.search(r"url\(|@import|https?:", style[0])
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_hostile_names_stay_words(page: Page, text: str) -> None:
    words = "".join(page.words)
    shown = EVIL.replace("\x1b", "\N{REPLACEMENT CHARACTER}").replace("\u202e", "\N{REPLACEMENT CHARACTER}")
    # The place, the arithmetic, the team, the language, the note and the reason.
    assert words.count(shown) >= 6
    assert not {"\x1b", "\u202e"} & set(text)
    assert "49" not in re.findall(r"\{\{.*?\}\}|\b49\b", words)


def test_plots_have_words_and_tables_beside_them(page: Page, text: str) -> None:
    plots = page.all("svg")
    assert len(plots) > 10
    assert all(("aria-label" in plot) == (plot.get("role") == "img") for plot in plots)
    assert all("aria-label" in plot or plot.get("aria-hidden") == "true" for plot in plots)
    (first, *_) = re.findall(r"<summary>The numbers of these plots</summary>.*?</table>", text, re.DOTALL)
    for value in range(0, 30, 3):
        assert f">{value}</td>" in first
    assert first.count("<tr>") == 11


def test_tables_name_their_rows_and_columns(page: Page) -> None:
    heads = page.all("th")
    assert heads
    assert {head.get("scope") for head in heads} == {"row", "col"}


def test_every_measure_is_on_the_page_with_its_value(page: Page) -> None:
    words = set("".join(page.words).split())
    assert set(map(str, load_catalogue().measures)) <= words


def test_bars_of_multiples_keep_their_order_and_fit() -> None:
    lengths = [log_length(times, 40) for times in (1, 2, 3, 39, 40)]
    assert lengths == sorted(lengths)
    assert lengths[-1] == 100
    assert log_length(1, 1) == 100


def test_one_project_is_a_page_too() -> None:
    page = Page(html_of(report_of([_observed("shop", "")], load_catalogue(), AS_OF)))
    assert "overview" not in {attributes.get("id") for _, attributes in page.elements}
    assert "p1" in {attributes.get("id") for _, attributes in page.elements}
