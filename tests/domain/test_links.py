"""Web addresses from outside."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.links import is_public, web_address


@pytest.mark.parametrize(
    "value",
    (
        *("javascript:alert(1)", "JAVASCRIPT:alert(1)", " javascript:alert(1)", "java\nscript:x"),
        *("data:text/html,<script>1</script>", "file:///etc/passwd", "vbscript:x", "blob:x"),
        *("//shop.example/a", "/a", "shop.example", "http://", "https://[", "mailto:a@b.example"),
        *(
            "https://a.example/\u0000",
            "https://a.example/a\nb",
            "https://shop.example/\u202egnp.exe",
        ),
        *(None, 7, {}),
    ),
)
def test_other_addresses_are_no_links(value):
    assert web_address(value) is None


@pytest.mark.parametrize(
    "given, address",
    [
        ("https://shop.example/a?b=1&c=2#d", "https://shop.example/a?b=1&c=2#d"),
        ("HTTPS://shop.example", "HTTPS://shop.example"),
        ("https://shop.example/a b", "https://shop.example/a%20b"),
        ('https://shop.example/"><script>', "https://shop.example/%22%3E%3Cscript%3E"),
        ("https://shop.example/größe(1)", "https://shop.example/größe(1)"),
    ],
)
def test_what_would_end_an_address_is_escaped(given, address):
    assert web_address(given) == address


@pytest.mark.parametrize(
    "url", ["https://bot.example.com", "http://bot.example.com:8080", "https://93.184.216.34"]
)
def test_addresses_that_others_may_reach(url):
    assert is_public(url)


@pytest.mark.parametrize(
    "url",
    (
        *("", "http://127.0.0.1:5005", "http://localhost:5005", "https://10.0.0.1", "https://["),
        *("http://[::1]:5005", "https://rasa", "https://bot.local", "https://my_bot.example.com"),
    ),
)
def test_addresses_that_others_cannot_reach(url):
    assert not is_public(url)
