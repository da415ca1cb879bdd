"""YAML of any shape: patched so that Rasa reads the same and ours, and back to the same bytes."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.utils.io import read_yaml

from zendesk_handoff.adopt.account import SIMULATOR
from zendesk_handoff.adopt.config import IMPORTER, name_importer
from zendesk_handoff.adopt.credentials import CHAT_PAGE, add_channels
from zendesk_handoff.adopt.endpoints import ACTION_SERVER, name_action_server
from zendesk_handoff.adopt.patch import applied
from zendesk_handoff.adopt.record import taken_back
from zendesk_handoff.errors import CannotPatch
from zendesk_handoff.settings import BLOCK

FILE = Path("file.yml")
#: Pieces of a file, each with one entry or none, as people write them.
PIECES = [
    *("# comment\n", "\n", "  # indented\n", "#x:\n#  y: 1\n", "# 🙂 \u2028# عربي\n", "   \n"),
    *("language: en\n", "language: 'de'   # quoted\n", "recipe: default.v1\n", 'version: "3.1"\n'),
    "assistant_id: 20240101-quiet-river\n",
    *(
        "pipeline:\n",
        "pipeline:\n# - name: X\n",
        "pipeline: []\n",
        "pipeline: [{name: X}, {a: [1]}]\n",
    ),
    "pipeline:\n- name: X\n  epochs: 5\n\n- name: Y\n",
    "pipeline: &all\n    -   name: X   # x\n        y: {z: 1.5}\n",
    *("policies:\n  - name: RulePolicy\n    on: yes\n", "policies: null\n", "policies: ~\n"),
    *("text: |\n  a\n\n  b\n", "text: |+\n  a\n\n", "text: >-\n  a\n  b\n", 'text: "a\n  b"\n'),
    "text: a\n  b\n",
    *("slack:\n  token: ${UNSET}\n", "tracker_store:\n  type: SQL\n  db: x # y\n"),
    *("importers:\n", "importers: []\n", "importers: [{name: a.B}]\n", "importers: # none\n"),
    *(
        "importers:\n- name: a.B\n",
        "importers:\n  - name: a.B\n    x: [1,\n     2]\n  - name: c.D\n",
    ),
    *(
        "importers:\n- name: a.B\n  x: |\n    # y\n\n    z\n",
        f"importers: [{{name: {IMPORTER}}}]\n",
    ),
    *("action_endpoint:\n", "action_endpoint:\n  url: http://a.example/webhook\n"),
    *('#action_endpoint:\n#  url: "http://localhost:5055/webhook"\n', "action_endpoint: {}\n"),
    *("rest:\n", "channels.WebChatInput:\n", "telegram: {access_token: 'x', verify: \"y\"}\n"),
]


def key_of(piece: str) -> str | None:
    line = piece.lstrip("\ufeff").split("\n")[0]
    return None if not line.strip() or line.lstrip().startswith("#") else line.split(":")[0]


@st.composite
def texts(draw):
    pieces = draw(
        st.lists(st.sampled_from(PIECES), max_size=8, unique_by=lambda one: key_of(one) or id(one))
    )
    text = draw(st.sampled_from(["", "---\n", "# head\n---\n", "\ufeff"])) + "".join(pieces)
    if draw(st.booleans()):
        text = text.rstrip("\n")
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def meant_by(text: str):
    return read_yaml(text.replace("${UNSET}", "set")) or {}


def ours_in_config(before):
    others = before.get("importers")
    if not others:
        return {"importers": [{"name": IMPORTER}]}
    if others == [{"name": IMPORTER}]:
        return {}
    return {"importers": [{"name": IMPORTER, "importers": others}]}


def patched(patch, text):
    """Patch a text twice; return it, its edits, and whether it is one that can be refused."""
    edits = patch(FILE, text)
    new = applied(text, edits)
    assert patch(FILE, new) == ()
    assert taken_back(new, edits) == (text, ())
    return meant_by(new)


@settings(max_examples=100, deadline=None)
@given(texts())
def test_config(text):
    before = meant_by(text)
    expected = {**before, **ours_in_config(before)}
    if not text.removeprefix("\ufeff").strip():
        expected["recipe"] = "default.v1"
    assert patched(name_importer, text) == expected


@settings(max_examples=100, deadline=None)
@given(texts())
def test_endpoints(text):
    before = meant_by(text)
    endpoint = before.get("action_endpoint") or {"url": ACTION_SERVER}
    assert patched(name_action_server, text) == {**before, "action_endpoint": endpoint}


@settings(max_examples=100, deadline=None)
@given(texts())
def test_credentials(text):
    before = meant_by(text)

    def patch(path, content):
        return add_channels(path, content, SIMULATOR, webchat=True)

    ours = {BLOCK: SIMULATOR.block, **({} if before else {"rest": None})}
    if "channels.WebChatInput" not in before:
        ours[CHAT_PAGE] = None
    assert patched(patch, text) == {**before, **ours}


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40) | st.text("ab:-[]{}'\"#&*|>!\n\t 1,?", max_size=40))
def test_any_text_is_patched_or_refused(text):
    for patch in (name_importer, name_action_server):
        try:
            edits = patch(FILE, text)
        except CannotPatch:
            continue
        assert taken_back(applied(text, edits), edits) == (text, ())
