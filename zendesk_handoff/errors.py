"""The package's errors, as one tree.

```
HandoffError
├── SettingsError (ValueError)              the block in credentials.yml, all its problems at once
├── CannotPatch (ValueError)                a bot's file that `init` cannot change; none is changed
├── CannotSetUp (ValueError)                an account that `setup` leaves to a person; see its text
├── UnknownWorkspace (LookupError)          no connector serves the workspace
├── SharedSender (ValueError)               several people may have this sender id
├── ForeignSession (ValueError)             the sender id has a session on another channel
├── MissingDependency (ImportError)         a package that a module needs is not installed
├── UnsupportedEnvironment (RuntimeError)   a Rasa or Python that is not supported
├── WebhookError (ValueError)               a webhook call that is rejected
│   ├── InvalidApiKey
│   ├── InvalidSignature
│   └── InvalidPayload
├── StoreUnavailable (ConnectionError)      the database did not answer
├── StoreMissing (LookupError)              no store where the command line looks; it makes none
├── IncompatibleSchema (ValueError)         a newer version's database, or another program's
├── LimitReached                            a limit of the settings refuses something
├── LeaseLost                               another process has taken over a session
├── SessionNotFound (LookupError)           an id prefix that fits no session, or several
├── NotDelivered                            a channel has not taken a message for a user
├── ChannelExit (RuntimeError)              a channel's library tried to stop process or task
└── ConversationsError                      a call to the Conversations API
    ├── ConnectionFailed (ConnectionError)  no response: connection refused, reset, timed out
    ├── InvalidResponse                     a response in a shape that the API does not have
    └── ApiError                            a response with a status of 400 or more
        ├── NotAuthorized (PermissionError) 401, 403
        ├── NotFound (LookupError)          404
        ├── Conflict                        409
        ├── Locked                          423
        ├── TooManyRequests                 429
        └── ServerError                     408, 5xx, and a 404 that is not the API's
```

No text of an error holds a token, a secret or anything a user wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class HandoffError(Exception):
    """The root of this package's errors."""


@dataclass(frozen=True)
class Problem:
    """One problem in the settings.

    Args:
        key: The key in the block, dotted: ``connectors.support.key_id``.
        message: What is wrong and what to write instead; never the value of a secret.
    """

    key: str
    message: str


class SettingsError(HandoffError, ValueError):
    """The settings cannot be used.

    Args:
        problems: Every problem that was found, in the order of the block.
    """

    def __init__(self, problems: list[Problem]) -> None:
        """Put all problems into one readable report."""
        self.problems = problems
        lines = [f"  {problem.key}: {problem.message}" for problem in problems]
        count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"The handoff settings have {count}:\n" + "\n".join(lines))


class CannotPatch(HandoffError, ValueError):
    """A file of the bot cannot be changed; nothing was written.

    Args:
        file: Its path.
        message: The cause, and what to do; never a line of the file.
        line: The line's number, where there is one.
    """

    def __init__(self, file: object, message: str, *, line: int | None = None) -> None:
        """Name file, line and cause."""
        self.file = str(file)
        self.line = line
        where = f"{file}, line {line}" if line else self.file
        super().__init__(f"{where}: {message}")


class CannotSetUp(HandoffError, ValueError):
    """An account, or a connector, is such that only a person can decide; nothing was changed."""


class SharedSender(HandoffError, ValueError):
    """Several people may have the sender id of a user who asks for a human."""

    def __init__(self) -> None:
        """Say what to do; the id is not named, as it is from outside."""
        super().__init__(
            "The conversation's sender id is one of `shared_senders`: others would read what an "
            "agent writes. Let the client send a `sender` of its own for each user."
        )


class ForeignSession(HandoffError, ValueError):
    """The sender id of a user who asks for a human has an open session on another channel."""

    def __init__(self) -> None:
        """Say what was found."""
        super().__init__("The same sender id has an open session on another channel.")


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
    """A call to the webhook that is rejected."""


class InvalidApiKey(WebhookError):
    """The ``X-API-Key`` header is missing or is not the connector's webhook secret."""


class InvalidSignature(WebhookError):
    """The call of a trigger's webhook is not signed with the connector's secret, or is too old."""


class InvalidPayload(WebhookError):
    """The body is not JSON, or not what the route takes."""


class StoreUnavailable(HandoffError, ConnectionError):
    """The database did not answer; the operation was not stored."""


class LimitReached(HandoffError):
    """A limit of the settings does not admit something.

    Args:
        limit: The name of the setting.
    """

    def __init__(self, limit: str) -> None:
        """Keep the setting's name."""
        super().__init__(f"The limit `{limit}` is reached.")
        self.limit = limit


class LeaseLost(HandoffError):
    """The lease on a session expired, and another process has taken the session over."""


class StoreMissing(HandoffError, LookupError):
    """There is no store where one is looked for; none was made.

    Args:
        name: The database for people, without user and password.
        exists: Whether there is a database, without the plugin's tables.
        source: The file with the setting ``store_url``; ``None`` if it is not known.
    """

    def __init__(self, name: str, *, exists: bool, source: object = None) -> None:
        """Name what was looked at, where the setting is from, and what to do."""
        what = "has no tables of the plugin's" if exists else "does not exist"
        where = f"`store_url` in {source}" if source else "`store_url`"
        super().__init__(
            f"The store {name} {what}; {where} names it. The Rasa server makes it when it starts: "
            "start that first, or name its credentials.yml with --credentials."
        )


class IncompatibleSchema(HandoffError, ValueError):
    """The database has a schema that this version cannot work with; it was left unchanged."""


class SessionNotFound(HandoffError, LookupError):
    """The beginning of a session's id fits no session, or several.

    Args:
        prefix: The beginning that was given.
        several: Whether it fits more than one session.
    """

    def __init__(self, prefix: str, *, several: bool) -> None:
        """Name the next step."""
        self.prefix = prefix
        begins = f"begins with {prefix[:40]!r}"
        super().__init__(
            f"More than one session {begins}: give more of its id."
            if several
            else f"No session {begins}: `zendesk-handoff sessions --all` lists them."
        )


class NotDelivered(HandoffError):
    """A channel has not taken a message for a user.

    Args:
        reason: Words for the agent, such as "the user has blocked the bot": the platform's code and
            own words, never a token, an address or a part of the message.
        may_repeat: Whether the same message can be taken later: after a limit on the rate, a
            failure of the platform, a lost connection, or when the user's page is open again.
        retry_after: Seconds after which the platform wants to be asked again, if it tells.
        is_of_form: Whether another form of the message may be taken, where a repeat is of no use.
            ``False`` where the platform takes nothing that the bot sends to this user.
    """

    def __init__(
        self,
        reason: str,
        *,
        may_repeat: bool,
        retry_after: float | None = None,
        is_of_form: bool = True,
    ) -> None:
        """Keep what the platform has told."""
        self.reason = reason
        self.may_repeat = may_repeat
        self.retry_after = retry_after
        self.is_of_form = is_of_form and not may_repeat
        #: The parts of the message that were not sent, as Rasa's output channels take them.
        self.undelivered: list[dict[str, Any]] = []
        #: The message's key, where it has one.
        self.key: str | None = None
        super().__init__(f"The channel did not take the message: {reason}")


class ChannelExit(HandoffError, RuntimeError):
    """A channel's library called ``sys.exit``, or cancelled the server's call of it."""


class MissingDependency(HandoffError, ImportError):
    """A package that a module needs is not installed.

    Args:
        module: The module that was imported.
        package: The import name of what it needs.
        extra: The extra of this distribution that installs it.
    """

    def __init__(self, module: str, package: str, extra: str) -> None:
        """Name the module, the package and the command that installs it."""
        self.module = module
        self.package = package
        super().__init__(
            f"{module} needs the package {package}, which is not installed. "
            f"Install it: pip install 'zendesk-handoff[{extra}]'"
        )


class UnsupportedEnvironment(HandoffError, RuntimeError):
    """Python and Rasa are not a pair on which messages can be kept from the bot.

    Args:
        found: A sentence about what is installed, or about what it does.
        supported: The supported pairs, in words.
    """

    def __init__(self, found: str, supported: str) -> None:
        """Name what was found, what is supported and the remedy."""
        self.found = found
        self.supported = supported
        super().__init__(
            f"{found} This version of zendesk-handoff supports {supported}. Anywhere else messages "
            "for an agent might reach the bot, so the server does not start. Install a supported "
            "pair, or take ZendeskInput out of credentials.yml."
        )


class ConversationsError(HandoffError):
    """A call to the Conversations API did not succeed.

    Args:
        call: Method and path, without query: ``POST /conversations``.
        message: Zendesk's own text, or the transport's.

    Attributes:
        retryable: Whether the same call may succeed later.
        timed_out: Whether no response came in time: Zendesk may still be processing the call.
        hint: What to do about it, in a sentence; empty where there is nothing.
    """

    retryable = False
    timed_out = False
    hint = ""

    def __init__(self, call: str, message: str) -> None:
        """Name the call and the outcome."""
        self.call = call
        super().__init__(f"{call}: {message}")

    def __str__(self) -> str:
        """Write the call, the outcome and the hint."""
        text = super().__str__()
        return f"{text.rstrip('.')}. {self.hint}" if self.hint else text


class ConnectionFailed(ConversationsError, ConnectionError):
    """No response came.

    Args:
        call: Method and path.
        message: The transport's text.
        timed_out: Whether the time-out ended the call: Zendesk may still be processing it.
        failure: ``name``, ``refused``, ``certificate`` or ``timeout``; empty for any other.
    """

    retryable = True

    def __init__(
        self, call: str, message: str, *, timed_out: bool = False, failure: str = ""
    ) -> None:
        """Record whether Zendesk may still be processing the call, and what has failed."""
        self.timed_out = timed_out
        self.failure = failure
        super().__init__(call, message)


class InvalidResponse(ConversationsError):
    """Zendesk reported success, in a shape that the API does not have."""


class ApiError(ConversationsError):
    """Zendesk answered with an error.

    Args:
        call: Method and path.
        status: The HTTP status.
        code: Zendesk's ``errors[0].code``, empty where the body had none.
        title: Zendesk's ``errors[0].title``.
        retry_after: Seconds to wait, where the response had a ``Retry-After``.
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
        """Keep the parts of the response as data."""
        self.status = status
        self.code = code
        self.title = title
        self.retry_after = retry_after
        message = " ".join(part for part in (str(status), code, title) if part)
        super().__init__(call, message)


class NotAuthorized(ApiError, PermissionError):
    """401: the key or its secret is wrong. 403: the key's scope does not allow the call."""


class NotFound(ApiError, LookupError):
    """404: no such app, user, conversation or integration."""


class Conflict(ApiError):
    """409: the user exists already."""


class Locked(ApiError):
    """423: the conversation has its maximum of 30,000 messages."""


class TooManyRequests(ApiError):
    """429: the rate limit is exceeded."""

    retryable = True


class ServerError(ApiError):
    """408 and 5xx: a failure on Zendesk's side; whether the call was carried out is unknown."""

    retryable = True

    @property
    def timed_out(self) -> bool:  # type: ignore[override]
        """Whether a server on the way stopped waiting: 408, 502, 504, or Cloudflare's 524."""
        return self.status in {408, 502, 504, 524}
