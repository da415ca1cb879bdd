"""Hints beside Zendesk's refusals: which setting is wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support.servers import free_port
from tests.support.zendesk import account, connector, single_attempt
from zendesk_handoff.errors import ApiError, ConnectionFailed, ConversationsError
from zendesk_handoff.zendesk.api_responses import api_error_for_status
from zendesk_handoff.zendesk.hints import hint_for

SECRET = "another key secret of more than 32 bytes"


async def error_of(made, call=lambda client: client.create_or_find_user("mara")):
    """Make a call that must fail; return the error."""
    async with single_attempt(made) as client:
        with pytest.raises(ConversationsError) as caught:
            await call(client)
    for secret in (made.key_secret, *made.webhook_secrets):
        assert secret not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("authentication", ["jwt", "basic"])
async def test_a_wrong_secret_and_a_wrong_key_have_one_answer(sim, authentication):
    made = replace(await account(sim), authentication=authentication)
    other = made.key_id[:-4] + "ffff"
    for wrong in (replace(made, key_secret=SECRET), replace(made, key_id=other)):
        said = str(await error_of(wrong))
        assert ": 401 unauthorized Authorization is required. " in said
        assert "whether `key_id` or `key_secret` is wrong" in said


async def test_an_app_that_does_not_exist_is_named(sim):
    made = replace(await account(sim), app_id="64b0c0ffee0000000000a999")
    error = await error_of(made)
    assert error.status in {403, 404}
    assert "64b0c0ffee0000000000a999" in str(error) and "`app_id`" in str(error)


async def test_a_key_of_an_integration_may_not_do_everything(sim):
    made = await account(sim, inside=True)
    error = hint_for(api_error_for_status("GET /integrations", 403, code="forbidden"), made)
    assert "A key of an integration (int_…)" in error and "app_" in error


async def test_a_host_without_an_address():
    for wrong in (
        connector(base_url="https://no-such.invalid/sc"),
        connector(subdomain="no-such", base_url="https://no-such.zendesk.com.invalid/sc"),
    ):
        error = await error_of(wrong)
        assert isinstance(error, ConnectionFailed) and error.failure == "name"
        assert "There is no such subdomain: no-such." in str(error)
        assert "Correct `base_url`." in str(error)


def test_the_setting_that_names_the_host_is_named():
    """The address follows from the subdomain, unless `base_url` is written."""
    usual = connector(subdomain="Your-Company", base_url="https://Your-Company.zendesk.com/sc")
    error = ConnectionFailed("POST /users", "ClientConnectorError", failure="name")
    assert hint_for(error, usual).endswith("Correct `subdomain`.")


async def test_nothing_answers():
    port = free_port()
    error = await error_of(connector(base_url=f"http://127.0.0.1:{port}/sc"))
    assert f"Nothing answers at 127.0.0.1:{port}. Correct `base_url`" in str(error)


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, "<h1>No help desk at no-such.zendesk.com</h1>"), (404, "{}"), (404, "[]")],
)
async def test_another_server_at_the_address(status, body):
    async def answer(_request):
        return web.Response(status=status, text=body, content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        error = await error_of(connector(base_url=str(server.make_url("/sc"))))
    assert "does not answer as the API does: no such subdomain? Correct `base_url`." in str(error)
    assert error.retryable, "it may be a proxy that restarts"


async def test_a_server_that_does_not_speak_tls():
    async def close(_reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        error = await error_of(connector(base_url=f"https://127.0.0.1:{port}/sc"))
    assert f"The certificate of 127.0.0.1:{port} is not accepted." in str(error)


@pytest.mark.parametrize(
    ("call", "status", "code", "words"),
    [
        ("POST /conversations/{id}/passControl", 400, "bad_request", "`agent_workspace` (zd-"),
        ("POST /conversations/{id}/offerControl", 404, "switchboard_integration_not_found", "rasa"),
        ("GET /apps", 402, "payment_required", "plan"),
    ],
)
def test_other_refusals(call, status, code, words):
    made = connector(switchboard_integration="rasa")
    assert words in hint_for(api_error_for_status(call, status, code=code), made)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((404, "conversation_not_found"), (404, "user_not_found"), (409, "conflict")),
        *((423, "locked"), (429, "too_many"), (500, ""), (400, "bad_request")),
    ],
)
def test_where_a_person_has_nothing_to_do_there_is_no_hint(status, code):
    error = api_error_for_status("POST /conversations/{id}/messages", status, code=code)
    assert hint_for(error, connector()) == ""
    assert isinstance(error, ApiError) and str(error).endswith(f"{status} {code}".strip())


def test_a_key_of_another_app():
    made = connector(app_id="64b0c0ffee0000000000a999")
    said = hint_for(api_error_for_status("POST /users", 403, code="forbidden"), made)
    assert said.startswith("The key (app_…) is not one of the app 64b0c0ffee0000000000a999")
