"""The settings' page has exactly the tables that the declarations give."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from zendesk_handoff.calm import options as calm
from zendesk_handoff.nlu import recognizer
from zendesk_handoff.policies.options import Options
from zendesk_handoff.settings import Settings, markdown_table

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.mark.parametrize("declared", [Settings, Options, recognizer.Options, calm.Options])
def test_the_page_has_the_declared_table(declared):
    tables = re.findall(r"(?:^\|.*\n)+", PAGE.read_text("utf-8"), re.MULTILINE)
    assert markdown_table(declared) in tables


def test_the_command_prints_the_table(capsys):
    runpy.run_module("zendesk_handoff.settings", run_name="__main__")
    assert capsys.readouterr().out == markdown_table(Settings)
