"""The page's settings: each problem is named, and everything valid is taken."""

from __future__ import annotations

import pytest

from zendesk_handoff.webchat.page import Page
from zendesk_handoff.webchat.page_settings import PageSettings, localized


def test_an_invalid_block_is_named_as_the_adopter_writes_it():
    with pytest.raises(ValueError, match=r"^zendesk_handoff\.channels\.WebChatInput: "):
        PageSettings.from_mapping({"colour": "red"})


def test_every_problem_is_told_at_once():
    values = {"titel": "Chat", "theme": {"colour": "red", "size": 3}, "embed_origins": ["*"]}
    with pytest.raises(ValueError) as raised:
        PageSettings.from_mapping(values)
    for key in ("`titel`", "`theme.colour`", "`theme.size`", "`embed_origins`"):
        assert key in str(raised.value)


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
    page = Page(both)
    assert not any(one in html.decode() for html in page.html.values())
    assert one not in page.widget.data.decode()


@pytest.mark.parametrize("workspaces", [None, 7, [""], [["a"]]])
def test_workspaces_are_names(workspaces):
    with pytest.raises(ValueError, match="`allowed_workspaces`"):
        PageSettings.from_mapping({"allowed_workspaces": workspaces})
    assert PageSettings.from_mapping({}).allowed_workspaces == ()


@pytest.mark.parametrize("title", [7, None, {}, {"xx": "Chat"}, {"en": 3}, ["Chat"]])
def test_a_title_is_a_text_or_one_for_each_language(title):
    with pytest.raises(ValueError, match="`title`"):
        PageSettings.from_mapping({"title": title})


def test_a_title_is_in_the_users_language_or_in_the_first_that_it_has():
    settings = PageSettings.from_mapping({"title": {"de": "Fragen?", "fr": "Questions ?"}})
    assert localized(settings.title, "fr") == "Questions ?"
    assert localized(settings.title, "es") == "Fragen?"
    assert localized("Chat", "es") == "Chat"


@pytest.mark.parametrize(
    "origins",
    [
        *("*", "null", "shop.example", "https://shop.example/", "https://*.shop.example"),
        *("https://Shop.example", "https://shop.example:443", "http://shop.example:80"),
        *("https://a b.example", "https://shop.example; script-src *", "https://", "file:///"),
        *(
            7,
            None,
            ["https://shop.example", "*"],
            "https://shop.example\n",
            "https://u@shop.example",
        ),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(origins):
    with pytest.raises(ValueError, match="`embed_origins`"):
        PageSettings.from_mapping({"embed_origins": origins})


def test_origins_and_the_logos_host_are_in_the_policy():
    origins = ["https://shop.example", "http://localhost:8000", "http://[::1]:8000"]
    theme = {"logo": "https://cdn.example/logo.png"}
    settings = PageSettings.from_mapping({"embed_origins": origins, "theme": theme})
    directives = Page(settings).policy.split("; ")
    assert f"frame-ancestors 'self' {' '.join(origins)}" in directives
    assert "img-src 'self' data: blob: https://cdn.example" in directives
    assert "frame-ancestors 'self'" in Page(PageSettings()).policy.split("; ")
