"""The site: it builds strictly, has pages from outside of ``docs/``, and loads nothing foreign."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pages import DOCS, ROOT
from tools import site

#: What a page's links become, by the page and the target in the repository.
LINKS = {
    ("deploy.md", "operations.md"): "operations.md",
    ("deploy.md", "security.md#addresses"): "security.md#addresses",
    ("security.md", "../SECURITY.md"): "repository/SECURITY.md",
    ("design.md", "../simulator/README.md#faults"): "repository/simulator/README.md#faults",
    ("deploy.md", "../deploy/compose.yml"): "../deploy/compose.yml",
    ("repository/README.md", "docs/images/chat.png"): "../images/chat.png",
    ("repository/README.md", "CONTRIBUTING.md#a-migration"): "CONTRIBUTING.md#a-migration",
    ("repository/simulator/README.md", "../docs/sources.md"): "../../sources.md",
    ("repository/SECURITY.md", "https://example.com/docs/a.md"): "https://example.com/docs/a.md",
    ("design.md", "#layers"): "#layers",
}


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_links_are_rewritten_for_the_site(page, target):
    assert site.rewrite(f"see [it]({target}).", page) == f"see [it]({LINKS[page, target]})."


@pytest.mark.parametrize(
    "html",
    [
        '<script async src="https://cdn.example.com/a.js"></script>',
        '<link rel="stylesheet" href="//fonts.example.com/css">',
        "<img alt=a src='http://example.com/a.png'>",
        '<iframe src="https://example.com/">',
    ],
)
def test_a_foreign_resource_is_found(html):
    assert len(site.foreign(html)) == 1


def test_a_link_to_follow_is_no_resource():
    assert site.foreign('<a href="https://example.com/">a</a><img src="../images/chat.png">') == []


def build(folder: Path, *, config: Path = ROOT / "mkdocs.yml") -> subprocess.CompletedProcess:
    command = ["mkdocs", "build", "--strict", "--config-file", str(config), "--site-dir", folder]
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "true", "PYTHONWARNINGS": ""},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_built(built):
    pages = [page.relative_to(DOCS).with_suffix("") for page in DOCS.glob("*.md")]
    pages += [Path("repository", page).with_suffix("") for page in site.PAGES]
    for page in pages:
        folder = page.parent if page.name == "README" else page
        assert (built / folder / "index.html").is_file(), page


def test_the_navigation_is_the_index():
    """The same pages in the same order; the page on migrations is in the navigation alone."""
    index = re.findall(r"^\| \[[^\]]+\]\(([^)]+)\)", (DOCS / "README.md").read_text(), re.MULTILINE)
    _, _, nav = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")
    pages = [
        page.removeprefix("repository/") for page in re.findall(r"- (\S+\.md)$", nav, re.MULTILINE)
    ]
    first, *pages, last = pages
    assert (first, last) == ("README.md", site.PAGES[-1])
    assert pages == [each.removeprefix("../") for each in index]
    assert {each.name for each in DOCS.glob("*.md")} <= {first, *pages}


def test_no_style_sheet_loads_from_another_host(built):
    sheets = list(built.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", sheet.read_text()), sheet


def test_what_does_not_resolve_stops_the_build(tmp_path):
    targets = ["missing.md", "../MISSING.md", "#missing", "../deploy"]
    picture = "https://example.com/a.png"
    (tmp_path / "docs").mkdir()
    page = "\n\n".join(["# A page", *(f"[a]({each})" for each in targets), f"![a]({picture})"])
    (tmp_path / "docs" / "README.md").write_text(page)
    own = (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[0]
    config = tmp_path / "mkdocs.yml"
    config.write_text(own.replace("hooks: [", f"hooks: [{ROOT}/"))
    done = build(tmp_path / "site", config=config)
    assert done.returncode == 1
    for each in [*targets, picture]:
        assert each in done.stderr
