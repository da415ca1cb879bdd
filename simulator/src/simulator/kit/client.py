"""Drive a simulator through its control API, from the same process or another one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from types import TracebackType
from typing import Any, TypeVar

import aiohttp

from .agent import AgentVerbs
from .models import AppInfo, app_info
from .waiting import Waiting

Json = dict[str, Any]
Self = TypeVar("Self", bound="SimulatorClient")


class SimulatorError(RuntimeError):
    """The simulator refused what it was told.

    Args:
        status: HTTP status.
        text: Its sentence.
    """

    def __init__(self, status: int, text: str) -> None:
        """Keep both as data."""
        super().__init__(f"{status}: {text}")
        self.status = status


class SimulatorClient(Waiting, AgentVerbs):
    """Drive the simulator at an address; use it as an async context manager.

    Args:
        url: Address of the simulator, such as `http://127.0.0.1:8090`.
    """

    def __init__(self, url: str) -> None:
        """Keep the address; the connection opens with the context."""
        self.url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    @property
    def base_url(self) -> str:
        """Return what a connector takes as `base_url`: the address with `/sc`."""
        return f"{self.url}/sc"

    async def __aenter__(self: Self) -> Self:
        """Open the connection."""
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    # Apps

    async def add_app(
        self,
        *,
        app_id: str | None = None,
        label: str | None = None,
        key_id: str | None = None,
        key_secret: str | None = None,
        multi_conversations: bool = True,
        default_integration: str | None = None,
        agents: Sequence[str | Json] = (),
        integrations: Sequence[Json] = (),
        switches: Json | None = None,
        switchboard: bool = True,
    ) -> AppInfo:
        """Add a Zendesk account.

        Args:
            app_id: 24 hexadecimal digits; made up by default, as ids and secrets all are.
            label: Subdomain, shown on the agent page.
            key_id: Its `app_` key.
            key_secret: That key's secret.
            multi_conversations: May a user have several conversations?
            default_integration: Who gets control first: `zd-answerBot` (default),
                `zd-agentWorkspace`, or the `switchboard_name` of an integration.
            agents: Names of agents, or `{"name", "id", "avatar_url"}`.
            integrations: Custom integrations, each `{"target", "secret", "name", "triggers",
                "include_full_user", "switchboard_name", "deliver_standby_events", "next", "key"}`;
                only `target` must be there. With `key` (`{}` will do) it gets an `int_` key.
            switches: What differs from the defaults (`simulator/switches.py`).
            switchboard: False: an account without switchboard.
        """
        description = {
            "id": app_id,
            "label": label,
            "keys": [{"id": key_id, "secret": key_secret}],
            "multi_conversations": multi_conversations,
            "agents": list(agents),
            "integrations": list(integrations),
            "switches": switches or {},
            "switchboard": switchboard,
        }
        if default_integration is not None:
            description["default_integration"] = default_integration
        return app_info(await self._call("POST", "/apps", description))

    async def app(self, app_id: str) -> AppInfo:
        """Return an app that exists, such as one of the demo's."""
        return app_info(await self._call("GET", f"/apps/{app_id}"))

    async def remove_app(self, app_id: str) -> None:
        """Remove an app: its keys open nothing any more."""
        await self._call("DELETE", f"/apps/{app_id}")

    async def add_integration(self, app_id: str, integration: Json) -> AppInfo:
        """Add a custom integration to an app, described as for `add_app`."""
        return app_info(await self._call("POST", f"/apps/{app_id}/integrations", integration))

    async def set_switches(self, app_id: str, **switches: Any) -> None:
        """Change switches of an app while it runs."""
        await self._call("PATCH", f"/apps/{app_id}", {"switches": switches})

    async def rotate_key(self, app_id: str, key_id: str, secret: str) -> None:
        """Give an API key another secret: the old one answers 401 from now on."""
        await self._call("PATCH", f"/apps/{app_id}", {"key_secrets": {key_id: secret}})

    async def set_webhook(
        self,
        app_id: str,
        webhook_id: str,
        *,
        secret: str | None = None,
        target: str | None = None,
    ) -> None:
        """Change where a webhook goes, or the secret it carries."""
        change = {name: value for name, value in (("secret", secret), ("target", target)) if value}
        await self._call("PATCH", f"/apps/{app_id}", {"webhooks": {webhook_id: change}})

    async def add_identity(self, app_id: str, user: str, *, type: str, value: str) -> None:
        """Let a channel know something of a user: `type="email"` is what ListUsers looks at."""
        body = {"type": type, "value": value}
        await self._call("POST", f"/apps/{app_id}/users/{user}/identities", body)

    # The log

    async def clear_log(self) -> None:
        """Forget the requests and deliveries so far."""
        await self._call("DELETE", "/requests")
        await self._call("DELETE", "/deliveries")

    # Faults and time

    async def add_fault(self, kind: str, **rule: Any) -> str:
        """Let something go wrong; return the rule's id.

        Args:
            kind: `latency`, `status`, `drop`, `silence` for API requests; `duplicate`,
                `same_message`, `delay`, `reorder`, `batch`, `hold`, `lose` for webhooks.
            rule: Fields of `simulator.faults.Fault`: `when` (`before`, `after`), `app`, `method`,
                `path`, `event`, `count`, `skip`, `seconds`, `status`, `code`, `retry_after`,
                `size`.
        """
        return str((await self._call("POST", "/faults", {"kind": kind, **rule}))["id"])

    async def clear_faults(self, fault_id: str | None = None) -> None:
        """Take one rule away, or all. What is held stays held until it is released."""
        await self._call("DELETE", "/faults" + (f"/{fault_id}" if fault_id else ""))

    async def held(self, app_id: str | None = None) -> list[Json]:
        """Return the deliveries that are held, each with `id`, `types` and `events`."""
        found = (await self._call("GET", "/held"))["held"]
        return [one for one in found if app_id in (None, one["app"])]

    async def release(self, order: Sequence[str] | None = None, *, batch: bool = False) -> int:
        """Send held deliveries on, in this order of their ids (None: all, as they came).

        Args:
            order: Ids from `held`.
            batch: All in one call for each webhook.
        """
        body = {"order": None if order is None else list(order), "batch": batch}
        return int((await self._call("POST", "/held/release", body))["released"])

    async def advance(self, seconds: float) -> None:
        """Move the simulator's clock ahead: what waits for a retry or a latency goes on."""
        await self._call("POST", "/clock", {"advance": seconds})

    async def _act(
        self, conversation_id: str, verb: str, body: Json, *, file: tuple[str, bytes] | None = None
    ) -> Json:
        body = {name: value for name, value in body.items() if value is not None}
        path = f"/conversations/{conversation_id}/agent/{verb}"
        if file is None:
            return await self._call("POST", path, body)
        form = aiohttp.FormData()
        for name, value in body.items():
            form.add_field(name, str(value))
        form.add_field("source", io.BytesIO(file[1]), filename=file[0])
        return await self._call("POST", path, form)

    async def _call(
        self, method: str, path: str, body: Json | aiohttp.FormData | None = None, **query: Any
    ) -> Json:
        if self._session is None:
            raise RuntimeError("Use the simulator's client in an 'async with' block")
        params = {name: str(value) for name, value in query.items() if value is not None}
        given = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
        async with self._session.request(
            method, f"{self.url}/sim{path}", params=params, **(given if body is not None else {})
        ) as response:
            answer: Json = await response.json()
            if response.status >= 400:
                raise SimulatorError(response.status, answer.get("error", ""))
            return answer
