"""One API call: its caller, app, path parameters and JSON body."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from aiohttp import web

from .. import auth, validation
from ..errors import ApiError, not_found
from ..records import App, Conversation, Json, User
from ..state import State

STATE = web.AppKey("state", State)

JSON_LIMIT = 100 * 1024
"""Bytes in a JSON body (Conversations API: Introduction, request size limits)."""


class Call:
    """An authenticated request.

    Raises:
        ApiError: The credentials do not open this app.
    """

    def __init__(self, request: web.Request) -> None:
        """Authenticate."""
        self.request = request
        self.state = request.app[STATE]
        self.caller = auth.authenticate(
            self.state.apps.values(),
            request.match_info["appId"],
            request.headers.get("Authorization"),
        )
        self.app: App = self.caller.app

    @property
    def base_url(self) -> str:
        """Return the address that the caller used, including `/sc`."""
        return f"{self.request.scheme}://{self.request.host}/sc"

    async def body(self, *, optional: bool = False) -> Json:
        """Return the JSON body.

        Raises:
            ApiError: 400 where it is not an object, 413 where it is too long (the API
                reference gives the limit and no status).
        """
        raw = await self.request.read()
        if len(raw) > JSON_LIMIT:
            raise ApiError(413, "request_entity_too_large", "Request entity too large")
        return validation.parsed(raw, optional=optional)

    def user(self) -> User:
        """Return the user that the path names by either kind of id."""
        user = self.app.find_user(self.request.match_info["user"])
        if user is None:
            raise not_found("User")
        return user

    def conversation(self) -> Conversation:
        """Return the conversation that the path names."""
        conversation = self.app.conversations.get(self.request.match_info["conversation"])
        if conversation is None:
            raise not_found("Conversation")
        return conversation


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Endpoint = Callable[[Call], Awaitable[Json]]


def endpoint(*, status: int = 200, app_only: bool = False) -> Callable[[Endpoint], Handler]:
    """Turn a function that takes a `Call` and returns JSON into an aiohttp handler.

    Args:
        status: HTTP status of the answer; Zendesk answers 201 or 200, never 204.
        app_only: Refuse the keys of integrations.
    """

    def decorate(function: Endpoint) -> Handler:
        @functools.wraps(function)
        async def handler(request: web.Request) -> web.StreamResponse:
            call = Call(request)
            if app_only:
                call.caller.need_app_scope()
            return web.json_response(await function(call), status=status)

        return handler

    return decorate
