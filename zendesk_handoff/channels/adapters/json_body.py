"""Reading of the JSON object in a platform's request."""

from __future__ import annotations

import json
from typing import Any

from sanic.request import Request


def json_body(request: Request | None) -> dict[str, Any]:
    """Return the JSON object in the body of a request; empty if there is none.

    Args:
        request: With a platform's message.
    """
    if request is None:
        return {}
    try:
        found = json.loads(request.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
