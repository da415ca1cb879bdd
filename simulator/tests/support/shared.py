"""The OpenAPI file of the Conversations API, which is Zendesk's and not in this repository.

Tests that need it are marked `shared` and skipped where it is missing. The environment variable
`ZENDESK_OPENAPI` names the file; without it, it is looked for in the optional folder `../shared`
beside a checkout.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[4] / "shared"
_REASON = "needs the OpenAPI file of the Conversations API; name it in ZENDESK_OPENAPI"


def find_openapi() -> Path | None:
    """Return the file, or None where this machine has none."""
    if named := os.environ.get("ZENDESK_OPENAPI"):
        return Path(named)
    return next(iter(sorted(_SHARED.glob("reference/openapi/*.yaml"))), None)


def check_shared(item: pytest.Item) -> None:
    """Skip a test that needs the file where it is missing; record the result with its report.

    The record lets a run in CI tell an optional file that is missing as a whole from an error of
    the machine: a skip without it.
    """
    if item.get_closest_marker("shared") is None:
        return
    if find_openapi() is not None:
        item.user_properties.append(("shared", "ran"))
        return
    if not _SHARED.is_dir():
        item.user_properties.append(("shared", "left out"))
    pytest.skip(_REASON)
