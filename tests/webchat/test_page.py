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


@pytest.mark.parametrize(
    "secret", ["", "s" * 31, 7, ["s" * 32, "short"], None, "${A_VARIABLE_THAT_IS_NOT_SET_HERE}"]
)
def test_a_short_secret_is_refused_and_not_repeated(secret):
    with pytest.raises(ValueError, match="`identity_secret` must be") as raised:
        PageSettings.from_mapping({"identity_secret": secret})
    assert "sss" not in str(raised.value)


def test_secrets_are_a_text_or_a_list_and_in_no_log():
    one, other = "s" * 32, "t" * 40
    assert PageSettings.from_mapping({"identity_secret": one}).identity_secret == (one,)
    both = PageSettings.from_mapping({"identity_secret": [one, other]})
    assert both.identity_secret == (one, other)
    assert one not in repr(both)
    assert one not in Page(both).html.decode()


@pytest.mark.parametrize("workspaces", [None, 7, [""], [["a"]]])
def test_workspaces_are_names(workspaces):
    with pytest.raises(ValueError, match="`allowed_workspaces`"):
        PageSettings.from_mapping({"allowed_workspaces": workspaces})
    assert PageSettings.from_mapping({}).allowed_workspaces == ()
