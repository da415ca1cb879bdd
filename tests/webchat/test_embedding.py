"""How a browser keeps a conversation's secret, by where the page is shown."""

from __future__ import annotations

import pytest

from zendesk_handoff.webchat.conversation import (
    COOKIE,
    EMBEDDED_COOKIE,
    new_secret,
    read_secrets,
    read_token,
)
from zendesk_handoff.webchat.embedding import Keeping, read_keeping
from zendesk_handoff.webchat.error_responses import RequestError

PATH = "/webhooks/webchat"


def cookie(name, secret):
    return {"cookie": f"{name}={secret}"}


def test_a_page_of_this_server_has_a_cookie_of_this_site():
    secret = new_secret()
    token, headers = Keeping().give(secret, path=PATH, secure=False)
    assert token == {}
    assert f"{COOKIE}={secret};" in headers["Set-Cookie"]
    assert "SameSite=Strict" in headers["Set-Cookie"]
    assert Keeping().read(cookie(COOKIE, secret)) == secret
    assert Keeping().read(cookie(EMBEDDED_COOKIE, secret)) is None


def test_a_frame_has_a_cookie_of_its_own_within_the_site_around_it():
    secret, keeping = new_secret(), Keeping("cookie")
    token, headers = keeping.give(secret, path=PATH, secure=True)
    assert token == {}
    parts = headers["Set-Cookie"].split("; ")
    assert parts[0] == f"{EMBEDDED_COOKIE}={secret}"
    assert {"HttpOnly", "SameSite=None", "Secure", "Partitioned", f"Path={PATH}"} <= set(parts)
    assert keeping.read(cookie(EMBEDDED_COOKIE, secret)) == secret
    assert keeping.read(cookie(COOKIE, secret)) is None, "another site's frame takes no own page's"


def test_a_frame_without_https_or_cookies_holds_the_secret_itself():
    secret = new_secret()
    assert Keeping("cookie").give(secret, path=PATH, secure=False) == ({"token": secret}, {})
    for secure in (True, False):
        assert Keeping("token").give(secret, path=PATH, secure=secure) == ({"token": secret}, {})
    assert Keeping("token").read({"authorization": f"Bearer {secret}"}) == secret
    assert Keeping("token").read(cookie(EMBEDDED_COOKIE, secret)) is None


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic {}", "{}", "Bearer {}x"])
def test_a_header_without_a_token_has_none(header):
    assert read_token(header and header.format(new_secret())) is None


def test_a_token_is_meant_alone_and_both_cookies_are_known():
    one, two, three = (new_secret() for _ in range(3))
    cookies = f"{COOKIE}={one}; {EMBEDDED_COOKIE}={two}"
    assert read_secrets({"cookie": cookies}) == [one, two]
    assert read_secrets({"cookie": cookies, "authorization": f"bearer {three}"}) == [three]
    assert read_secrets({}) == []


@pytest.mark.parametrize("how", ["own", "", True, 1, ["cookie"], {"a": 1}])
def test_another_way_is_refused(how):
    with pytest.raises(RequestError) as raised:
        read_keeping({"embedded": how}, is_open=True)
    assert raised.value.status == 400


@pytest.mark.parametrize("how", ["cookie", "token"])
def test_other_sites_need_the_setting(how):
    with pytest.raises(RequestError) as raised:
        read_keeping({"embedded": how}, is_open=False)
    assert (raised.value.status, raised.value.code) == (403, "not_embedded")
    assert read_keeping({"embedded": how}, is_open=True) == Keeping(how)
    assert read_keeping({}, is_open=False) == Keeping()
