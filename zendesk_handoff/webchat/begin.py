"""The beginning of a conversation: which one a page continues, and when another one begins.

A link can be written by anybody, and a browser follows it with the cookie of the conversation that
it has. So a link changes no conversation: where it asks for something else, the page asks its user.
A signed token is the site's word. It begins a conversation of its subject, and is never put into
one that has begun without it: others with its cookie could read on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from zendesk_handoff.domain.identity import KnownUser
from zendesk_handoff.settings import DEFAULT_WORKSPACE
from zendesk_handoff.store.chat import ChatStart
from zendesk_handoff.webchat.error_responses import RequestError

#: What a link can ask for that is another conversation. A language is none.
_ASKED = ("workspace", "name", "email")


@dataclass(frozen=True)
class Link:
    """What a page's address asks for.

    Args:
        told: ``workspace``, ``name``, ``email``, ``locale``, those that are given. Anybody can
            write them.
        user: The user whom the site has signed, if it has.
        is_signed_out: Whether the site says that nobody is signed in any more.
    """

    told: Mapping[str, str] = field(default_factory=dict, repr=False)
    user: KnownUser | None = field(default=None, repr=False)
    is_signed_out: bool = False


@dataclass(frozen=True)
class Decision:
    """What becomes of a request for a conversation.

    Args:
        what: ``begin`` another one; ``continue`` that of the cookie; ``renew`` it with newer values
            of the same subject; ``ask`` the user, and continue it meanwhile.
        asks: With ``ask``: what the link asks for.
    """

    what: Literal["begin", "continue", "renew", "ask"]
    asks: Mapping[str, str] = field(default_factory=dict, repr=False)


def check_workspace(link: Link, allowed: Collection[str]) -> None:
    """Refuse a workspace that a page's address may not ask for.

    Args:
        link: The page's.
        allowed: The workspaces of the settings, besides the default one.

    Raises:
        RequestError: It is another one.
    """
    workspace = link.told.get("workspace", DEFAULT_WORKSPACE)
    if workspace != DEFAULT_WORKSPACE and workspace not in allowed:
        raise RequestError(
            403, "This chat is not open for the workspace of this link.", code="workspace"
        )


def decide(known: ChatStart | None, link: Link, *, is_empty: bool) -> Decision:
    """Decide about a request that does not say that its user wants a new conversation.

    Args:
        known: How the cookie's conversation has begun; ``None`` without one.
        link: What the page's address asks for.
        is_empty: Whether the user has written nothing in it yet.
    """
    if known is None:
        return Decision("begin")
    subject = known.user.get("subject")
    if link.user is not None and link.user.subject != subject:
        if subject or is_empty:
            # Another person by the site's own word, who must not see it; or nothing is lost.
            return Decision("begin")
        return Decision("ask", _asked(link.user.to_json(), without="subject"))
    if subject and link.is_signed_out:
        return Decision("begin")
    other = {name: link.told[name] for name in _ASKED if _differs(name, known.profile, link.told)}
    if other:
        return Decision("ask", other)
    if link.user is not None and link.user.to_json() != dict(known.user):
        return Decision("renew")
    return Decision("continue")


def values_for_new(known: ChatStart | None, link: Link) -> Link:
    """Choose the values of a conversation that the user wants beside the one they have.

    It is the same person's, whom the cookie proves as it did before. A link that asks for something
    else tells all of it: nothing is mixed with what was told before.

    Args:
        known: How the cookie's conversation has begun; ``None`` without one.
        link: What the page's address asks for.
    """
    if known is None or link.user is not None or (link.is_signed_out and known.user.get("subject")):
        return link
    is_other = any(_differs(name, known.profile, link.told) for name in _ASKED)
    told = link.told if is_other else {**known.profile, **link.told}
    return Link(told, KnownUser.from_json(known.user))


def _differs(name: str, known: Mapping[str, str], told: Mapping[str, str]) -> bool:
    default = DEFAULT_WORKSPACE if name == "workspace" else ""
    return name in told and told[name] != known.get(name, default)


def _asked(values: Mapping[str, str], *, without: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if name != without}
