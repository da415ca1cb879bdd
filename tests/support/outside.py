"""Another integration in the bot's Zendesk account, such as one of Zendesk's marketplace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from simulator import SimulatorClient
from simulator.kit.models import IntegrationInfo
from tests.support.bot_texts import ASK_HOURS

#: Where nobody listens.
NOBODY = "http://127.0.0.1:9/nobody"


async def integration(
    sim: SimulatorClient, app_id: str, name: str, *, target: str = NOBODY, **values: Any
) -> IntegrationInfo:
    """Add an integration with a key of its own to an account, once; return it.

    Args:
        sim: The simulator.
        app_id: The account.
        name: In the switchboard.
        target: Of its webhook.
        **values: Further fields of the description, such as ``next``.
    """
    found = _named(await sim.app(app_id), name)
    if found is None:
        description = {"switchboard_name": name, "name": name, "target": target, "key": {}}
        found = _named(await sim.add_integration(app_id, {**description, **values}), name)
    assert found is not None
    return found


def _named(app: Any, name: str) -> IntegrationInfo | None:
    return next((one for one in app.integrations if one.switchboard_name == name), None)


class OtherBot:
    """A bot on a server of its own: it hears the account's events, and answers by the API.

    While it has control it answers what users write; ``pass me to NAME`` passes control. With
    ``plays_user`` it answers the bot's messages in the user's name, as a machine on the user's side
    would.
    """

    NAME = "other-bot"

    def __init__(self, url: str, app_id: str, session: aiohttp.ClientSession) -> None:
        self.heard: list[tuple[str, str]] = []
        #: The user in whose name it writes, and in which conversation.
        self.plays_user: tuple[str, str] | None = None
        self._url, self._session = f"{url}/sc/v2/apps/{app_id}/conversations", session
        self._own: IntegrationInfo | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def call(self, conversation: str, path: str, body: dict[str, Any]) -> None:
        """Call the API with the integration's own key."""
        assert self._own is not None
        auth = aiohttp.BasicAuth(str(self._own.key_id), str(self._own.key_secret))
        url = f"{self._url}/{conversation}/{path}"
        async with self._session.post(url, json=body, auth=auth) as answer:
            assert answer.status < 300, await answer.text()

    async def says(self, conversation: str, text: str) -> None:
        """Say something in its own name."""
        author = {"type": "business", "displayName": "The other bot"}
        content = {"type": "text", "text": text}
        await self.call(conversation, "messages", {"author": author, "content": content})

    def texts(self, conversation: str) -> list[str]:
        """List what users have written to it."""
        return [text for where, text in self.heard if where == conversation]

    async def _receive(self, request: web.Request) -> web.Response:
        assert self._own is not None
        if request.headers.get("X-API-Key") != self._own.webhook_secret:
            return web.Response(status=401)
        for event in (await request.json())["events"]:
            # Zendesk has its answer first, as its page on webhooks asks for.
            task = asyncio.create_task(self._handle(event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return web.Response()

    async def _handle(self, event: dict[str, Any]) -> None:
        payload = event["payload"]
        if event["type"] != "conversation:message":
            return
        conversation = payload["conversation"]["id"]
        active = (payload["conversation"].get("activeSwitchboardIntegration") or {}).get("name")
        message = payload["message"]
        text = message["content"].get("text", "")
        if message["author"]["type"] == "user":
            if active == self.NAME:
                self.heard.append((conversation, text))
                await self._answer(conversation, text)
        elif self.plays_user is not None and self.plays_user[0] == conversation:
            author = {"type": "user", "userId": self.plays_user[1]}
            content = {"type": "text", "text": ASK_HOURS}
            if active != "zd-agentWorkspace":
                await self.call(conversation, "messages", {"author": author, "content": content})

    async def _answer(self, conversation: str, text: str) -> None:
        _, is_order, party = text.partition("pass me to ")
        if is_order:
            await self.call(conversation, "passControl", {"switchboardIntegration": party})
        else:
            await self.says(conversation, f"The other bot has read: {text}")


@asynccontextmanager
async def other_bot(sim: SimulatorClient, app_id: str, **values: Any) -> AsyncIterator[OtherBot]:
    """Run another bot in an account.

    Args:
        sim: The simulator.
        app_id: The account.
        **values: Of the integration, such as ``deliver_standby_events``.
    """
    async with aiohttp.ClientSession() as session:
        bot = OtherBot(sim.url, app_id, session)
        app = web.Application()
        app.router.add_post("/webhook", bot._receive)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            target = f"http://{host}:{port}/webhook"
            bot._own = await integration(sim, app_id, bot.NAME, **values)
            await sim.set_webhook(app_id, bot._own.webhook_id, target=target)
            yield bot
        finally:
            await runner.cleanup()


async def set_next(sim: SimulatorClient, app_id: str, name: str, following: str) -> None:
    """Let an integration come after another in the account's switchboard (an admin's call)."""
    app = await sim.app(app_id)
    auth = aiohttp.BasicAuth(app.key_id, app.key_secret)
    async with aiohttp.ClientSession(auth=auth, raise_for_status=True) as session:
        root = f"{sim.base_url}/v2/apps/{app_id}/switchboards"
        async with session.get(root) as answer:
            [switchboard] = (await answer.json())["switchboards"]
        own = app.switchboard_integration_id(name)
        url = f"{root}/{switchboard['id']}/switchboardIntegrations/{own}"
        body = {"nextSwitchboardIntegrationId": app.switchboard_integration_id(following)}
        async with session.patch(url, json=body):
            pass
