"""Limits of requests: where a request comes from, and the answer to one too many."""

from __future__ import annotations

import math

from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.handover.quotas import Quotas


def address_of(request: Request, quotas: Quotas) -> str:
    """Find out where a request comes from, as limits count it.

    Args:
        request: Of anybody.
        quotas: Knows which proxies are believed.
    """
    return quotas.address_of(request.ip or "", request.headers.getall("x-forwarded-for", ()))


def too_many(response: HTTPResponse, seconds: float) -> HTTPResponse:
    """Say in a response with status 429 when to try again.

    Args:
        response: The response.
        seconds: From now.
    """
    response.headers["Retry-After"] = str(math.ceil(seconds))
    return response
