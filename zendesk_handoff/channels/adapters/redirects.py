"""Refusal of redirects where a message is posted.

A client that follows one repeats the request as a GET without the message (301, 302 and 303: RFC
9110, section 15.4), and takes the answer of the page there for the platform's; with 307 and 308 it
posts the user's conversation to another address.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp
import requests

from zendesk_handoff.channels.adapters.refusals import http_refusal


def refuse_redirects(session: requests.Session | aiohttp.ClientSession) -> None:
    """Let a platform's client raise an error in place of following a redirect.

    Args:
        session: The client's. Its calls raise ``NotDelivered``, for which a repeat does not help.
    """
    if isinstance(session, requests.Session):
        session.hooks["response"].append(_check)
        return
    trace = aiohttp.TraceConfig()
    # aiohttp 3.9 declares the callback's type as its own argument's.
    trace.on_request_redirect.append(_on_redirect)  # type: ignore[arg-type]
    trace.freeze()
    session.trace_configs.append(trace)


async def _on_redirect(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    request: aiohttp.TraceRequestRedirectParams,
) -> None:
    raise http_refusal(request.response.status)


def _check(response: requests.Response, **_arguments: Any) -> None:
    if response.is_redirect:
        response.close()
        raise http_refusal(response.status_code)
