"""The page for designers has every word, slot, setting and option, and no other."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from tests.support.pages import DOCS, quoted
from zendesk_handoff.calm.domain import ACCEPTED
from zendesk_handoff.calm.options import DEFAULTS as CALM_DEFAULTS
from zendesk_handoff.domain.responses import responses_in
from zendesk_handoff.domain.ticket import SLOT_PREFIX, SYSTEM_FIELDS
from zendesk_handoff.importer.domain import ANSWERS, SLOTS
from zendesk_handoff.importer.options import Options as ImporterOptions
from zendesk_handoff.nlu.recognizer import Options as RecognizerOptions
from zendesk_handoff.policies.options import Options as PolicyOptions
from zendesk_handoff.settings import Settings, markdown_table
from zendesk_handoff.webchat.page_settings import PageSettings

PAGE = (DOCS / "designers.md").read_text("utf-8")
NAMES = quoted(PAGE)
#: What the plugin reads of a user.
ABOUT_THE_USER = {"name", "email", "locale"}


def keys(declared):
    return re.findall(r"^\| `([^`]+)`", markdown_table(declared), re.MULTILINE)


#: Those that override a field of the ticket.
ABOUT_THE_TICKET = {f"{SLOT_PREFIX}{name}" for name in (*SYSTEM_FIELDS, "tags", "fields")}


EVERY = {
    "words": set(responses_in("en")),
    "slots": {*SLOTS, *ANSWERS, *ABOUT_THE_USER, *ABOUT_THE_TICKET, ACCEPTED},
    "settings": set(keys(Settings)),
    "options of the importer": set(keys(ImporterOptions)),
    "options of the recogniser": set(keys(RecognizerOptions)),
    "options of the policy": set(keys(PolicyOptions)),
    "options of the command generator": set(CALM_DEFAULTS),
    "settings of the chat page": {each.name for each in fields(PageSettings)},
}


@pytest.mark.parametrize("kind", EVERY)
def test_nothing_is_left_out(kind):
    assert EVERY[kind] - set(NAMES) == set(), "write it into docs/designers.md"


def test_what_is_named_exists():
    known = set().union(*EVERY.values())
    named = {each for each in NAMES if re.match(r"utter_|handoff_|[a-z_]+\.[<a-z_]", each)}
    others = {each for each in named if each.endswith(".yml") or each.startswith("zendesk_")}
    assert named - others - known == set()


def test_a_word_or_a_setting_is_named_once():
    once = EVERY["words"] | EVERY["settings"]
    assert [each for each in once if NAMES.count(each) > 1] == []
