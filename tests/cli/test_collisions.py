"""What of a bot's own gets into the importer's way, as Rasa reads the bot."""

from __future__ import annotations

import pytest

from zendesk_handoff.checks import Outcome
from zendesk_handoff.cli.collisions import check_collisions, find_collisions

CONFIG = """
language: en
importers:
  - name: zendesk_handoff.HandoffImporter
pipeline: [{name: WhitespaceTokenizer}, {name: KeywordIntentClassifier}]
policies: [{name: RulePolicy}]
"""
DOMAIN = "version: '3.1'\nintents: [human_handoff]\nresponses: {utter_no: [{text: No.}]}\n"
RULE = """
version: '3.1'
rules:
  - rule: Nobody is here
    steps: [{intent: human_handoff}, {action: utter_no}]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "config.yml").write_text(CONFIG)
    (tmp_path / "domain.yml").write_text(DOMAIN)
    return tmp_path


async def test_a_bot_without_the_importer_is_not_read(tmp_path):
    (tmp_path / "config.yml").write_text("language: en")
    assert await check_collisions(tmp_path) == []


async def test_a_rule_of_the_bots_own(folder):
    (folder / "data" / "rules.yml").write_text(RULE)
    [finding] = await check_collisions(folder)
    assert finding.outcome is Outcome.WARNING
    assert "Nobody is here" in finding.cause
    assert finding.cure


def test_a_bot_on_which_nothing_collides(folder):
    [finding] = find_collisions(folder)
    assert finding.outcome is Outcome.FINE


def test_a_file_that_rasa_refuses(folder):
    (folder / "domain.yml").write_text("slots: {a: {type: no-such-type}}\nversion: '3.1'\n")
    [finding] = find_collisions(folder)
    assert finding.outcome is Outcome.ERROR
    assert "\n" not in finding.cause
