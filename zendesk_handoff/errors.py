"""Everything that can go wrong, as one tree.

```
HandoffError
├── SettingsError (ValueError)        the block in credentials.yml, all its problems at once
├── UnknownWorkspace (LookupError)    no connector serves the workspace
├── WebhookError (ValueError)         Zendesk's call, or somebody else's
│   ├── InvalidApiKey
│   └── InvalidPayload
├── StoreUnavailable (ConnectionError)       the database did not take or give
├── LeaseLost                         another process has gone on with a session
├── IncompatibleSchema (ValueError)           the database is of a newer version, or somebody else's
├── SessionNotFound (LookupError)       an operator named none, or several
├── ChannelExit (RuntimeError)        a channel's library tried to stop the process
├── UnsupportedEnvironment (RuntimeError)  a Rasa or Python that is not supported
└── ConversationsError                a call to the Conversations API
    ├── Unreachable (ConnectionError) no answer: connection refused, reset, timed out
    ├── InvalidResponse                       an answer in a shape that the API does not have
    └── Refused                       an answer with a status of 400 or more
        ├── NotAuthorized (PermissionError)   401, 403
        ├── NotFound (LookupError)            404
        ├── Conflict                          409
        ├── Locked                            423
        ├── TooManyRequests                   429
        └── ServerError                       5xx
```

No text of an error holds a token, a secret or what a user wrote.
"""

from __future__ import annotations

from dataclasses import dataclass


class HandoffError(Exception):
    """The root of this package's errors."""


@dataclass(frozen=True)
class Problem:
    """One fault in the settings.

    Args:
        key: The place in the block, dotted: ``connectors.support.key_id``.
        message: What is wrong and what to write instead; never the value of a secret.
    """

    key: str
    message: str


class SettingsError(HandoffError, ValueError):
    """The settings cannot be used.

    Args:
        problems: Every fault that was found, in the order of the block.
    """

    def __init__(self, problems: list[Problem]) -> None:
        """Keep the problems and put them into one readable report."""
        self.problems = problems
        lines = [f"  {fault.key}: {fault.message}" for fault in problems]
        count = "one fault" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"The handoff settings have {count}:\n" + "\n".join(lines))


class UnknownWorkspace(HandoffError, LookupError):
    """No connector serves this workspace.

    Args:
        workspace: The tenant that asked for a human.
    """

    def __init__(self, workspace: str) -> None:
        """Name the workspace and the remedy."""
        self.workspace = workspace
        super().__init__(
            f"No connector serves the workspace {workspace[:64]!r}. "
            "Add it to a connector's `workspaces` in credentials.yml."
        )


class WebhookError(HandoffError, ValueError):
    """A call to the webhook that is not taken."""


class InvalidApiKey(WebhookError):
    """The ``X-API-Key`` header is missing or is not the connector's webhook secret."""


class InvalidPayload(WebhookError):
    """The body is not JSON, or not an envelope with a list of events."""


class StoreUnavailable(HandoffError, ConnectionError):
    """The database did not answer; nothing of the call has been kept."""


class LeaseLost(HandoffError):
    """This process was held up for longer than its claim lasts, and another one has taken over."""


class IncompatibleSchema(HandoffError, ValueError):
    """The database holds something that this version cannot work with; it was left as it is."""


class SessionNotFound(HandoffError, LookupError):
    """An operator's idea of a session's id fits none, or several.

    Args:
        prefix: What was asked for.
        several: Whether more than one session begins so.
    """

    def __init__(self, prefix: str, *, several: bool) -> None:
        """Say what to do about it."""
        self.prefix = prefix
        begins = f"begins with {prefix[:40]!r}"
        super().__init__(
            f"More than one session {begins}: give more of its id."
            if several
            else f"No session {begins}: `zendesk-handoff sessions --all` lists them."
        )


class ChannelExit(HandoffError, RuntimeError):
    """A channel's library called ``sys.exit``, which would stop the server for everybody."""


class UnsupportedEnvironment(HandoffError, RuntimeError):
    """The plugin cannot keep the bot from hearing what is meant for an agent.

    Args:
        found: What is installed, or what it does.
        supported: What the plugin supports, in words.
    """

    def __init__(self, found: str, supported: str) -> None:
        """Say what was found, what is supported and what to do."""
        self.found = found
        self.supported = supported
        super().__init__(
            f"{found} This version of zendesk-handoff supports {supported}. Anywhere else the bot "
            "might hear what is meant for an agent, so the server does not start. Install a "
            "supported pair, or take ZendeskInput out of credentials.yml."
        )


class ConversationsError(HandoffError):
    """A call to the Conversations API did not succeed.

    Args:
        call: Method and path, without query: ``POST /conversations``.
        message: Zendesk's own words, or the transport's.

    Attributes:
        retryable: Whether the same call may succeed later.
        late: Whether nobody has answered in time: Zendesk may still be at it.
    """

    retryable = False
    late = False

    def __init__(self, call: str, message: str) -> None:
        """Name the call and what came of it."""
        self.call = call
        super().__init__(f"{call}: {message}")


class ConnectionFailed(ConversationsError, ConnectionError):
    """No answer came.

    Args:
        call: Method and path.
        message: What the transport said.
        late: Whether no answer came in time: Zendesk may still be at it.
    """

    retryable = True

    def __init__(self, call: str, message: str, *, late: bool = False) -> None:
        """Remember whether Zendesk may still be at it."""
        self.late = late
        super().__init__(call, message)


class InvalidResponse(ConversationsError):
    """Zendesk answered that it was done, in a shape that the API does not have."""


class ApiError(ConversationsError):
    """Zendesk answered with an error.

    Args:
        call: Method and path.
        status: The HTTP status.
        code: Zendesk's ``errors[0].code``, empty where the body had none.
        title: Zendesk's ``errors[0].title``.
        retry_after: Seconds to wait, where the answer had a ``Retry-After``.
    """

    def __init__(
        self,
        call: str,
        status: int,
        *,
        code: str = "",
        title: str = "",
        retry_after: float | None = None,
    ) -> None:
        """Keep the answer's parts beside its words."""
        self.status = status
        self.code = code
        self.title = title
        self.retry_after = retry_after
        words = " ".join(part for part in (str(status), code, title) if part)
        super().__init__(call, words)


class NotAuthorized(ApiError, PermissionError):
    """401: key or secret is wrong. 403: the key's scope does not allow the call."""


class NotFound(ApiError, LookupError):
    """404: no such app, user, conversation or integration."""


class Conflict(ApiError):
    """409: the user exists already."""


class Locked(ApiError):
    """423: the conversation holds 30,000 messages and takes no more."""


class TooManyRequests(ApiError):
    """429: slow down."""

    retryable = True


class ServerError(ApiError):
    """5xx: Zendesk's own fault; whether the call was carried out is unknown."""

    retryable = True

    @property
    def late(self) -> bool:  # type: ignore[override]
        """Whether a server on the way has given up waiting: 408, 502, 504, or Cloudflare's 524."""
        return self.status in {408, 502, 504, 524}


_BY_STATUS: dict[int, type[ApiError]] = {
    401: NotAuthorized,
    403: NotAuthorized,
    404: NotFound,
    409: Conflict,
    423: Locked,
    429: TooManyRequests,
}


def refusal(
    call: str,
    status: int,
    *,
    code: str = "",
    title: str = "",
    retry_after: float | None = None,
) -> ApiError:
    """Choose the class for an HTTP status of 400 or more.

    Args:
        call: Method and path.
        status: The HTTP status.
        code: Zendesk's code.
        title: Zendesk's words.
        retry_after: Seconds, from the ``Retry-After`` header.

    Returns:
        The error, ready to raise. 408 counts as a server fault: it asks for a repeat. So does a
        404 without a code of the API's: a proxy's, or another server's at that address, which
        must not be taken for the end of a conversation.
    """
    passing = status >= 500 or status == 408 or (status == 404 and not code)
    kind = ServerError if passing else _BY_STATUS.get(status, ApiError)
    return kind(call, status, code=code, title=title, retry_after=retry_after)
