"""Links, commands, paths, configuration blocks and the language of the documentation's pages."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from tests.support.pages import (
    DOCS,
    FOLDER_PAGES,
    PAGES,
    ROOT,
    files_of,
    name_of,
    quoted,
    rows,
    section,
    without_blocks,
)
from zendesk_handoff.cli import app
from zendesk_handoff.policies.options import read_options
from zendesk_handoff.settings import read_settings

ENVIRON = {
    "ZENDESK_KEY_SECRET": "k",
    "ZENDESK_WEBHOOK_SECRET": "w" * 16,
    "WHOLESALE_KEY_SECRET": "k",
    "WHOLESALE_WEBHOOK_SECRET": "w" * 16,
    "POSTGRES_PASSWORD": "p",
}
BLOCK = "zendesk_handoff.channels.ZendeskInput"
#: Folders of the repository whose paths are checked wherever a page quotes them.
FOLDERS = "actions benchmarks channels data deploy docs nlu policies simulator tests tools"
#: Quoted paths of an operator, and of a bot that the plugin is added to.
THEIRS = {
    "deploy/.env",
    "data/nlu.yml",
    "data/zendesk_handoff/",
    "data/zendesk_handoff/flows.yml",
}


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", without_blocks(page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", [*PAGES, *FOLDER_PAGES], ids=name_of)
def test_links_and_pictures_resolve(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        linked = page.parent / file if file else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_commands_exist(page):
    makefile = (ROOT / "Makefile").read_text()
    text = page.read_text()
    for target in re.findall(r"(?:^|[`&] ?)make ([a-z]+)\b(?!/)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for command in re.findall(r"(?:^|[`&] ?|exec \S+ )zendesk-handoff ([a-z]+)\b", text, re.M):
        assert command in get_command(app).commands
    for module in re.findall(r"python -m ([a-z_.]+)", text):
        assert import_module(module.rstrip("."))


@pytest.mark.parametrize("page", [each for each in PAGES if each.name != "names.md"], ids=name_of)
def test_the_paths_and_modules_exist(page):
    text = re.sub(r"https?://\S+", "", page.read_text())
    theirs = THEIRS | files_of(page).keys()
    for dotted in re.findall(r"\bzendesk_handoff(?:\.\w+)+", text):
        assert resolves(dotted), dotted
    for path in re.findall(rf"\b(?:zendesk_handoff|{'|'.join(FOLDERS.split())})/[\w./-]*", text):
        path = path.rstrip(".").replace("/xx.", "/en.")
        assert path in theirs or (ROOT / path).exists(), path
    for name in re.findall(r"`(test_\w+\.py)`", text):
        assert list((ROOT / "tests").rglob(name)), name


def resolves(dotted: str) -> bool:
    """Tell whether a dotted name is a module, or an attribute of one."""
    try:
        import_module(dotted)
    except ModuleNotFoundError:
        module, _, name = dotted.rpartition(".")
        found = import_module(module)
        return name in getattr(found, "__all__", ()) or hasattr(found, name)
    return True


def blocks_of(page: Path) -> list[str]:
    return re.findall(rf"```yaml\n({re.escape(BLOCK)}:.*?)```", page.read_text(), re.DOTALL)


def test_the_connector_blocks_are_valid():
    pages = [page for page in PAGES if blocks_of(page)]
    assert {name_of(page) for page in pages} >= {"docs/workspaces.md", "docs/deploy.md"}
    for page in pages:
        for block in blocks_of(page):
            settings = read_settings(yaml.safe_load(block)[BLOCK], environ=ENVIRON)
            assert "support" in settings.connectors


def test_the_policys_block_is_valid():
    page = DOCS / "frustration.md"
    [block] = re.findall(r"```yaml\n(# config\.yml.*?)```", page.read_text(), re.DOTALL)
    *_, policy = yaml.safe_load(block)["policies"]
    assert policy.pop("name") == "zendesk_handoff.policies.FrustrationPolicy"
    assert read_options(policy)


def test_the_repository_is_listed():
    listed = rows(section((ROOT / "CONTRIBUTING.md").read_text(), "The repository"))
    assert len(listed) > 10
    ignored = (ROOT / ".gitignore").read_text().splitlines()  # made by `make setup`
    for entry, _ in listed:
        for path in quoted(entry):
            assert (ROOT / path).exists() or path in ignored, path
