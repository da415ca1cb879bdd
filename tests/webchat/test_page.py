"""The page as it is served: settings, limits and words come from the server."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from tests.support.names import AGENTS
from zendesk_handoff.webchat.messages import MAX_TEXT
from zendesk_handoff.webchat.page import HERE, Page
from zendesk_handoff.webchat.page_settings import PageSettings
from zendesk_handoff.webchat.theme import Theme
from zendesk_handoff.webchat.uploads import MAX_FILES
from zendesk_handoff.webchat.words import languages

HOSTILE = '"></title></script><script>alert(1)</script>{{words.send}}'


def settings_of(html: bytes) -> dict:
    [text] = re.findall(r'id="settings">(.*?)</script>', html.decode())
    return json.loads(text)


def test_the_page_has_the_servers_limits():
    page = settings_of(Page(PageSettings()).html["en"])
    assert (page["maxText"], page["maxFiles"]) == (MAX_TEXT, MAX_FILES)


@pytest.mark.parametrize("text", [HOSTILE, *AGENTS])
def test_a_text_of_the_settings_is_no_markup(text):
    page = Page(PageSettings(title=text, greeting=text, theme=Theme(name=text)))
    for language in languages():
        html = page.html[language].decode()
        assert "<script>" not in html
        assert settings_of(page.html[language])["greeting"] == text
        assert html.count("{{") == html.count("{{words.send}}"), "nothing is filled in twice"


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_the_page_is_in_the_users_language(language):
    html = Page(PageSettings()).html[language].decode()
    assert f'<html lang="{language}">' in html
    assert "Chat with us" not in html
    assert "End chat" not in html
    assert settings_of(html.encode())["language"] == language


def test_the_scripts_have_no_limits_of_their_own():
    script = (HERE / "chat.js").read_text("utf-8")
    assert re.search(r"characterLimit: settings\.maxText\b", script)
    assert re.search(r"maxNumberOfFiles: settings\.maxFiles\b", script)


def test_the_launcher_has_its_words_in_every_language_and_is_small():
    widget = Page(PageSettings(theme=Theme(colour="#aa0011", position="left"))).widget
    script = widget.data.decode()
    assert '"{{settings}}"' not in script
    assert r"Chat \u00f6ffnen" in script and "Open the chat" in script
    assert '"--accent":"#aa0011"' in script and '"position":"left"' in script
    assert len(widget.gzipped) < 8 * 1024
    assert gzip.decompress(widget.gzipped) == widget.data
