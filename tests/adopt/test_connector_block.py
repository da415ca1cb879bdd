"""Settings in a connector's block: written among other people's lines."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from zendesk_handoff.adopt.connector_block import quote_variables, set_values
from zendesk_handoff.adopt.patch import applied
from zendesk_handoff.errors import CannotPatch

FILE = Path("credentials.yml")
VALUES = {"switchboard_integration": "rasa", "key_id": "${ZENDESK_KEY_ID_support}"}

USUAL = """\
# channels
rest:

zendesk_handoff.channels.ZendeskInput:   # ours
  public_url: https://bot.acme.shop
  connectors:
    wholesale:
      key_id: app_2
      key_secret: "b"
    support:
      key_id: app_1   # of the admin
      key_secret: ${A}

      # rotated in May
      webhook_secret: [a, b]
  store_url: sqlite:///handoff.db
slack:
  slack_token: x
"""
SHAPES = {
    "usual": USUAL,
    "windows": USUAL.replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + USUAL,
    "short name": USUAL.replace("zendesk_handoff.channels.", "channels."),
    "quoted": USUAL.replace("key_id: app_1", "'key_id': \"app_1\"").replace(
        "support:", '"support":'
    ),
    "wider": USUAL.replace("      ", "          ").replace("    support", "     support")
    .replace("    wholesale", "     wholesale"),
    "no line end": USUAL[: USUAL.index("  store_url")].rstrip("\n").replace("[a, b]", "c"),
    "has it": USUAL.replace("      key_secret: ${A}", "      switchboard_integration: bot"),
    "a number": USUAL.replace("support:", "2024:").replace("[a, b]", "0123"),
    "block text": USUAL.replace("[a, b]", "|\n        a\n        b")
    .replace("${A}", ">-\n        a"),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_only_our_lines_change(shape):
    text = SHAPES[shape]
    connector_id = "2024" if shape == "a number" else "support"
    new = applied(text, set_values(FILE, text, connector_id, VALUES))
    old_data, data = yaml.safe_load(text.lstrip("\ufeff")), yaml.safe_load(new.lstrip("\ufeff"))
    [block] = [name for name in data if name.endswith("ZendeskInput")]
    connectors = data[block]["connectors"]
    connector = connectors[2024 if shape == "a number" else "support"]
    assert {name: connector[name] for name in VALUES} == VALUES
    before = old_data[block]["connectors"][2024 if shape == "a number" else "support"]
    assert {**before, **VALUES} == connector
    assert connectors["wholesale"] == {"key_id": "app_2", "key_secret": "b"}
    changed = set(new.splitlines(True)) - set(text.splitlines(True))
    gone = set(text.splitlines(True)) - set(new.splitlines(True))
    assert len(changed) <= 3
    assert len(gone) <= 2
    assert set_values(FILE, new, connector_id, VALUES) == ()
    if shape == "usual":
        assert 'key_id: "${ZENDESK_KEY_ID_support}"   # of the admin' in new


@pytest.mark.parametrize(
    "text",
    [
        USUAL.replace("    support:", "    support: &support").replace(
            "slack:\n  slack_token: x", "slack: *support"
        ),
        "base: &base\n  connectors: {support: {key_id: a}}\nchannels.ZendeskInput:\n  <<: *base\n",
    ],
    ids=["an anchor used elsewhere", "from an anchor"],
)
def test_a_form_that_cannot_be_patched_is_said(text):
    with pytest.raises(CannotPatch, match=r"add by hand: .*\(in the block of support\)"):
        set_values(FILE, text, "support", VALUES)


def test_a_block_in_braces_stays_one():
    text = "channels.ZendeskInput: {connectors: {support: {key_id: app_1}}}  # ours\n"
    new = applied(text, set_values(FILE, text, "support", VALUES))
    block = '{switchboard_integration: rasa, key_id: "${ZENDESK_KEY_ID_support}"}'
    assert yaml.safe_load(new) == yaml.safe_load(text.replace("{key_id: app_1}", block))
    assert new.startswith("channels.ZendeskInput: {connectors: {support: {") and "# ours" in new


@pytest.mark.parametrize("shape", ["usual", "windows", "quoted"])
def test_variables_outside_the_environment_get_quotes(shape):
    text = SHAPES[shape].replace(
        "[a, b]", "\n      - ${B}  # new\n      - '${C}'\n      - ${D}${E}"
    )
    values, edits = quote_variables(FILE, text, "support", {"A": "x", "D": "y"})
    assert values == ["${B}", "${D}${E}"]
    new = applied(text, edits)
    assert new == text.replace("- ${B}  #", '- "${B}"  #').replace("${D}${E}", '"${D}${E}"')
    assert quote_variables(FILE, new, "support", {"A": "x"}) == ([], ())
    assert quote_variables(FILE, new, "support", {})[0] == ["${A}"]
    assert quote_variables(FILE, text, "wholesale", {}) == ([], ())
