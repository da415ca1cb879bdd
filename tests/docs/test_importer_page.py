"""The importer's page has the table of its options, and what it shows is read."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.support.bots import write_bot
from tests.support.pages import DOCS
from zendesk_handoff.importer.options import Options, read_options
from zendesk_handoff.settings import markdown_table

PAGE = (DOCS / "importer.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(importers:.*?)```", PAGE, re.DOTALL)


def test_the_page_has_the_declared_table():
    assert markdown_table(Options) in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_blocks_that_it_shows_are_read(block, tmp_path):
    write_bot(tmp_path, config=block)
    options = read_options(str(tmp_path / "config.yml"))
    shown = yaml.safe_load(block)["importers"][0]
    assert options.intent == shown.get("intent", "human_handoff")
    assert [dict(each) for each in options.importers] == shown.get("importers", [])


def test_it_shows_both_forms():
    assert len(BLOCKS) == 2
