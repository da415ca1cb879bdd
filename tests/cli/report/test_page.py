"""The report's page: one file that runs nothing, in which no name is markup, readable by all."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.support.handovers import at, handover
from tests.support.names import AGENTS
from zendesk_handoff.domain.session import State

PERIOD = ("--since", "2026-03-01", "--until", "2026-03-31")
NAMES = (*AGENTS, "</style><script>alert(1)</script>", '" onload="x', "a\u202eb", "\x1b[31m")
#: Elements without an end.
VOID = {"meta", "link", "br", "img"}


@pytest.fixture
def url(databases):
    with databases.with_tables("sqlite") as url:
        yield url


class Page(HTMLParser):
    """A page as a browser reads it: its elements, texts and attributes."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], "an element is not closed"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(run, tmp_path):
    """Write the report of a period, and read it."""

    def page(*options):
        file = tmp_path / "report.html"
        done = run("--html", file, *PERIOD, *options)
        assert done.exit_code == 0, done.output
        assert done.stdout == f"The report is in {file}.\n"
        return Page(file.read_text("utf-8"))

    return page


def some():
    return (
        handover(at("2026-03-02 09:15"), wait=40, length=600),
        handover(at("2026-03-03 14:00"), state=State.FAILED),
        handover(at("2026-03-04 23:30"), length=60, end_reason="moved_to_email", rating=4),
    )


def test_nothing_runs_and_nothing_is_loaded(page, store_all):
    store_all(*some())
    found = page()
    names = {name for name, _ in found.elements}
    assert names & {"script", "link", "img", "iframe", "object", "form", "base", "a"} == set()
    attributes = [key for _, attributes in found.elements for key in attributes]
    assert not [
        key for key in attributes if key.startswith("on") or key in {"src", "href", "style"}
    ]
    [style] = re.findall(r"<style>(.*?)</style>", page_text(found), re.DOTALL) or [""]
    assert "url(" not in style and "@import" not in style
    [policy] = [each for each in found.all("meta") if "http-equiv" in each]
    assert policy["content"].startswith("default-src 'none'")


def page_text(found):
    return "".join(found.texts)


@pytest.mark.parametrize(
    "name", NAMES, ids=lambda name: name[:12].encode("unicode_escape").decode()
)
def test_a_foreign_name_is_a_text(page, store_all, name):
    store_all(*some())
    plain = page()
    store_all(handover(at("2026-03-05 10:00"), workspace=name, channel=name))
    found = page()
    known = {tag for tag, _ in plain.elements}
    assert {tag for tag, _ in found.elements} <= known
    shown = name.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
    assert found.texts.count(shown) >= 2, "in a table for the workspace, and for the channel"


def test_each_plot_has_a_name_and_a_table_with_its_values(page, store_all):
    store_all(*some())
    found = page()
    plots = found.all("svg")
    assert len(plots) >= 7
    assert all(each["role"] == "img" and each["aria-label"] for each in plots)
    assert len(found.all("table")) == len(found.all("section"))
    headings = {each.get("scope") for each in found.all("th")}
    assert headings == {"col", "row"}
    for region in (each for each in found.all("div") if each.get("role") == "region"):
        assert region["tabindex"] == "0" and region["aria-label"]
    assert found.all("html") == [{"lang": "en"}]
    assert len(found.all("h1")) == len(found.all("main")) == 1


def test_plots_are_within_their_frame(page, store_all):
    for day in range(1, 29):
        store_all(*(handover(at(f"2026-03-{day:02} 10:00"), wait=day * 400.0) for _ in range(day)))
    found = page()
    for bar in found.all("rect"):
        x, y, width, height = (float(bar[key]) for key in ("x", "y", "width", "height"))
        assert 0 <= x <= x + width <= 640.1
        assert 0 <= y and height >= 0 and width >= 0


def test_a_report_without_a_handover(page):
    assert "There was no handover." in page_text(page())


def test_an_earlier_report_is_replaced_and_nothing_else(run, store_all, tmp_path):
    file = tmp_path / "report.html"
    assert run("--html", file, *PERIOD).exit_code == 0
    before = file.read_text()
    store_all(*some())
    assert run("--html", file, *PERIOD).exit_code == 0
    assert file.read_text() != before
    for content in ("", "<!DOCTYPE html><html><head><title>mine</title></head></html>"):
        file.write_text(content)
        done = run("--html", file)
        assert done.exit_code == 1
        assert f"{file} exists and is no report; name another file." in done.stderr
        assert file.read_text() == content
    assert sorted(each.name for each in tmp_path.iterdir()) == ["credentials.yml", "report.html"]


@pytest.mark.parametrize("name", ["missing/report.html", "."])
def test_a_file_that_cannot_be_written_is_reported(run, tmp_path, name):
    done = run("--html", tmp_path / name)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "cannot be written" in done.stderr


def test_the_page_and_the_json_together(run, tmp_path):
    done = run("--html", tmp_path / "report.html", "--json")
    assert done.stdout.startswith("{")
    assert (tmp_path / "report.html").is_file()


def colours(style, scheme):
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    return dict(re.findall(r"--(\w+): #([0-9a-f]{6});", block))


def luminance(colour):
    def linear(value):
        value /= 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[n : n + 2], 16)) for n in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_texts_and_bars_stand_out(page, scheme):
    """WCAG 2.2, 1.4.3 and 1.4.11: 4.5 to 1 for texts, 3 to 1 for graphics."""
    found = colours(page_text(page()), scheme)
    for ground in ("ground", "panel"):
        for text in ("text", "quiet"):
            assert contrast(found[text], found[ground]) >= 4.5, (text, ground)
    assert contrast(found["bar"], found["ground"]) >= 3
