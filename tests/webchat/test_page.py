"""The page as it is served: settings and limits come from the server."""

from __future__ import annotations

import re

import pytest

from zendesk_handoff.webchat.messages import MAX_TEXT
from zendesk_handoff.webchat.page import HERE, Page, PageSettings
from zendesk_handoff.webchat.uploads import MAX_FILES


def test_the_page_has_the_servers_limits():
    page = Page(PageSettings(greeting='"><script>')).html.decode()
    assert f'data-max-text="{MAX_TEXT}"' in page
    assert f'data-max-files="{MAX_FILES}"' in page
    assert '"><script>' not in page
    assert "{{" not in page


def test_the_scripts_have_no_limits_of_their_own():
    script = (HERE / "chat.js").read_text("utf-8")
    assert re.search(r"characterLimit: maxText\b", script)
    assert re.search(r"maxNumberOfFiles: maxFiles\b", script)


def test_an_invalid_block_is_named_as_the_adopter_writes_it():
    with pytest.raises(ValueError, match=r"^zendesk_handoff\.channels\.WebChatInput: "):
        PageSettings.from_mapping({"colour": "red"})
