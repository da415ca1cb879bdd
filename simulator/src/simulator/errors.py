"""The error of the API, answered in Zendesk's form.

Conversations API, schema `errorResponse`: every 4xx carries
`{"errors": [{"code": "…", "title": "…"}]}`.
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refused request.

    Args:
        status: HTTP status.
        code: Zendesk's error code, such as `user_not_found`.
        title: The sentence for a reader.
    """

    def __init__(self, status: int, code: str, title: str) -> None:
        """Keep the three as data."""
        super().__init__(f"{status} {code}: {title}")
        self.status = status
        self.code = code
        self.title = title

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return {"errors": [{"code": self.code, "title": self.title}]}


def bad_request(title: str) -> ApiError:
    """Return the 400 of a failed validation."""
    return ApiError(400, "bad_request", title)


def unauthorized() -> ApiError:
    """Return the 401 with the wording of the API reference."""
    return ApiError(401, "unauthorized", "Authorization is required")


def forbidden() -> ApiError:
    """Return the 403 with the wording of the API reference."""
    return ApiError(403, "forbidden", "Forbidden")


def not_found(kind: str | None = None) -> ApiError:
    """Return a 404 for a resource: `User` gives `user_not_found`, nothing gives `not_found`."""
    if kind is None:
        return ApiError(404, "not_found", "Resource not found")
    return ApiError(404, f"{kind.lower().replace(' ', '_')}_not_found", f"{kind} not found")
