"""YAML that people write is read as Rasa reads it, by everything that looks into a bot's files."""

from __future__ import annotations

import pytest
import yaml

from zendesk_handoff.bounds import installed
from zendesk_handoff.checks.yaml_file import read_file
from zendesk_handoff.domain.yaml_values import read_yaml
from zendesk_handoff.errors import SettingsError
from zendesk_handoff.rasa.compat import read_config_file
from zendesk_handoff.settings import load_settings
from zendesk_handoff.settings.credentials_file import file_of_block
from zendesk_handoff.settings.read import load_block, read_settings

VALUES = """\
no on off yes y n true True TRUE false null Null ~ 0123 1_000 12:30 12:30:45 64e10 6e1_0 0x1f 0o17
0b11 1. .5 +1 -2 1e3 .inf -.INF .nan 12-24 5f0c 1.2.3 10:00-17:00 "no" '0123' [no,1]
""".split()
KEYS = ["no", "on", "y", "0123", "1_0", "12:30", "true", "~"]
if not installed().rasa_pro:  # Rasa Pro's reader leaves a day as text, and the settings take both
    VALUES.append("2026-12-24")
    KEYS.append("2026-12-24")
BLOCK = """\
zendesk_handoff.channels.ZendeskInput:
  public_url: https://bot.example.com
  connectors:
    no:
      subdomain: norge
      app_id: 0123456789
      key_id: app_1
      key_secret: a-secret-of-the-key
      webhook_secret: a-webhook-secret-of-norway
      workspaces: [no, on]
      csat: off
      hours:
        time_zone: Europe/Oslo
        week:
          mon-fri: 10:00-17:00
"""


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_what_rasa_takes_it_for(tmp_path, value):
    file = tmp_path / "config.yml"
    file.write_text(f"key: {value}\n")
    rasas = read_config_file(file)
    assert repr(read_yaml(file.read_text())) == repr(dict(rasas))


@pytest.mark.parametrize("key", KEYS)
def test_so_is_a_key(tmp_path, key):
    file = tmp_path / "config.yml"
    file.write_text(f"{key}: x\n")
    assert repr(read_yaml(file.read_text())) == repr(dict(read_config_file(file)))


def test_both_servers_mean_the_same_connector(tmp_path):
    file = tmp_path / "credentials.yml"
    file.write_text(BLOCK)
    of_actions = load_settings(file, environ={}, for_actions=True)
    handed = read_config_file(file)["zendesk_handoff.channels.ZendeskInput"]
    of_rasa = read_settings(handed, environ={}, file=file)
    assert list(of_actions.connectors) == list(of_rasa.connectors) == ["no"]
    norway = of_rasa.connectors["no"]
    assert norway.workspaces == of_actions.connectors["no"].workspaces == ("no", "on")
    assert norway.csat is None
    assert file_of_block(handed, {}, ["--credentials", str(file)]) == file


@pytest.mark.parametrize("text", ["[" * 5000, "a: 2026-99-99", "a: [", "\x00"])
def test_what_cannot_be_read_is_told(tmp_path, text):
    file = tmp_path / "credentials.yml"
    file.write_text(text)
    with pytest.raises(yaml.YAMLError):
        read_yaml(text)
    assert read_file(file).problem.startswith("is not valid YAML")
    with pytest.raises(SettingsError, match="is not valid YAML"):
        load_block(file)
