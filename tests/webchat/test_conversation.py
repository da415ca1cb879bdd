"""The conversation of a browser: secret, cookie, origin, profile."""

from __future__ import annotations

import pytest

from tests.support.names import AGENTS
from zendesk_handoff.webchat.conversation import (
    COOKIE,
    check_origin,
    cookie_header,
    derive_sender_id,
    is_https,
    new_secret,
    read_profile,
    read_secret,
)
from zendesk_handoff.webchat.error_responses import RequestError


def test_the_sender_id_is_stable_and_does_not_reveal_the_secret():
    secret = new_secret()
    assert derive_sender_id(secret) == derive_sender_id(secret) != derive_sender_id(new_secret())
    assert secret not in derive_sender_id(secret)


def test_a_secret_comes_back_from_its_own_cookie():
    secret = new_secret()
    pair = cookie_header(secret, path="/a", secure=True).split(";")[0]
    assert read_secret(pair) == secret
    # Names of another site's cookies, some of which Python's parser takes for an error.
    assert read_secret(f'a@b=1; {pair}; expires=2; =; $Version=1; ä="ö') == secret
    assert read_secret(pair.replace("=", '="') + '"') == secret


@pytest.mark.parametrize(
    "value", ["", "short", "a" * 42, "a" * 44, "a" * 42 + "'", "a" * 43 + "\n"]
)
def test_a_value_without_the_shape_of_a_secret_counts_as_none(value):
    assert read_secret(f"{COOKIE}={value}") is None
    assert read_secret(f"not_{COOKIE}={'a' * 43}; {value}") is None
    assert read_secret(None) is None


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_is_for_this_site_and_no_script(secure):
    parts = cookie_header(new_secret(), path="/webhooks/webchat", secure=secure).split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/webhooks/webchat"} <= set(parts)
    assert ("Secure" in parts) is secure


@pytest.mark.parametrize(
    ("headers", "scheme", "expected"),
    [
        ({}, "http", False),
        ({}, "https", True),
        ({"x-forwarded-proto": "https"}, "http", True),
        ({"origin": "https://shop.example"}, "http", True),
        ({"origin": "http://shop.example", "x-forwarded-proto": "http"}, "http", False),
    ],
)
def test_https_is_recognized_behind_a_proxy(headers, scheme, expected):
    assert is_https(headers, scheme=scheme) is expected


HERE = {"host": "bot.example"}


@pytest.mark.parametrize(
    "headers",
    [
        HERE,
        {**HERE, "sec-fetch-site": "same-origin"},
        {**HERE, "sec-fetch-site": "none"},
        {**HERE, "origin": "https://bot.example"},
        {"host": "10.0.0.1", "x-forwarded-host": "bot.example", "origin": "https://bot.example"},
        # A proxy that changes the host: the browser's own header is enough.
        {"host": "10.0.0.1", "sec-fetch-site": "same-origin", "origin": "https://bot.example"},
    ],
)
def test_a_request_of_the_page_is_accepted(headers):
    check_origin(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {**HERE, "sec-fetch-site": "cross-site"},
        {**HERE, "sec-fetch-site": "same-site", "origin": "https://bot.example"},
        {**HERE, "origin": "https://evil.example"},
        {**HERE, "origin": "https://bot.example.evil.example"},
        {**HERE, "origin": "null"},
    ],
)
def test_a_request_of_another_site_is_refused(headers):
    with pytest.raises(RequestError) as raised:
        check_origin(headers)
    assert raised.value.status == 403


@pytest.mark.parametrize("name", [*AGENTS, "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"])
def test_any_display_name_is_taken(name):
    assert read_profile({"name": name}) == {"name": name}


def test_a_profile_has_only_known_fields_without_white_space():
    given = {"name": " Jo ", "email": " jo@example.com", "locale": "pt-BR", "workspace": "", "x": 1}
    expected = {"name": "Jo", "email": "jo@example.com", "locale": "pt-BR"}
    assert read_profile(given) == expected
    assert read_profile({"name": "  "}) == {}


@pytest.mark.parametrize(
    "locale",
    ["en-US@posix", "{{ page.lang }}", "C", "de und en", "中文", "x-default", "-", "e" * 64],
)
def test_a_browser_or_a_site_whose_language_is_none_gets_a_chat(locale):
    assert read_profile({"name": "Jo", "locale": locale}) == {"name": "Jo"}


@pytest.mark.parametrize(
    "given",
    [
        {"name": 3_000},
        {"email": ["jo@example.com"]},
        {"workspace": "w" * 65},
        {"workspace": "a\nb"},
    ],
)
def test_an_invalid_profile_is_refused_without_its_values(given):
    with pytest.raises(RequestError) as raised:
        read_profile(given)
    ((key, value),) = given.items()
    assert raised.value.status == 400
    assert f"`{key}`" in raised.value.message
    assert str(value) not in raised.value.message
