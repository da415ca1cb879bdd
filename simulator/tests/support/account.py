"""A caller of the Conversations API, with shortcuts for common steps."""

from __future__ import annotations

import itertools
from typing import Any

import aiohttp

from simulator import AppInfo, SimulatorClient

Json = dict[str, Any]

TEXT = {"type": "text", "text": "Hello"}
BUSINESS = {"type": "business"}


class Account:
    """A caller of one app's API with Basic authentication."""

    _numbers = itertools.count(1)

    def __init__(self, sim: SimulatorClient, app: AppInfo) -> None:
        self.sim = sim
        self.app = app
        self.auth: aiohttp.BasicAuth | None = aiohttp.BasicAuth(app.key_id, app.key_secret)
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> Account:
        self.session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    def as_integration(self) -> Account:
        """Return a caller with the int_ key of the first integration."""
        other = Account(self.sim, self.app)
        integration = self.app.integrations[0]
        other.auth = aiohttp.BasicAuth(integration.key_id or "", integration.key_secret or "")
        other.session = self.session
        return other

    @property
    def url(self) -> str:
        return f"{self.sim.base_url}/v2/apps/{self.app.id}"

    async def call(
        self, method: str, path: str, body: Any = None, **query: str
    ) -> tuple[int, Json]:
        status, answer, _ = await self.raw(method, path, json=body, params=query)
        return status, answer

    async def raw(self, method: str, path: str, **options: Any) -> tuple[int, Json, Any]:
        async with self.session.request(
            method, self.url + path, auth=self.auth, headers=self.headers, **options
        ) as response:
            if response.content_type != "application/json":
                return response.status, {}, response.headers
            return response.status, await response.json(), response.headers

    async def must(self, method: str, path: str, body: Any = None, **query: str) -> Json:
        status, answer = await self.call(method, path, body, **query)
        assert status in (200, 201), (status, answer)
        return answer

    async def user(self, **fields: Any) -> Json:
        fields.setdefault("externalId", f"sender-{next(self._numbers)}")
        return dict((await self.must("POST", "/users", fields))["user"])

    async def conversation(self, user: Json | None = None, **fields: Any) -> str:
        user = user or await self.user()
        body = {"type": "personal", "participants": [{"userId": user["id"]}], **fields}
        return str((await self.must("POST", "/conversations", body))["conversation"]["id"])

    async def say(self, conversation: str, text: str = "Hello", **fields: Any) -> Json:
        body = {"author": BUSINESS, "content": {"type": "text", "text": text}, **fields}
        answer = await self.must("POST", f"/conversations/{conversation}/messages", body)
        return dict(answer["messages"][0])

    async def control(self, conversation: str, action: str, body: Any = None) -> int:
        return (await self.call("POST", f"/conversations/{conversation}/{action}", body))[0]

    async def hand_over(self, conversation: str, metadata: Json | None = None) -> None:
        body: Json = {"switchboardIntegration": "zd-agentWorkspace"}
        if metadata:
            body["metadata"] = metadata
        assert await self.control(conversation, "passControl", body) == 200

    async def with_agents(self, **metadata: Any) -> str:
        """Create a conversation with one message and pass control to the agents."""
        conversation = await self.conversation()
        await self.say(conversation, "Summary")
        await self.hand_over(conversation, metadata)
        return conversation
