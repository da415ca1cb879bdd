"""The table of the built-in English responses in docs/domain.md."""

from __future__ import annotations

import sys

from zendesk_handoff.domain.responses import responses_in


def table() -> str:
    """Write the table."""
    lines = ["| response | text | buttons |", "| --- | --- | --- |"]
    for name, variations in responses_in("en").items():
        for variation in variations:
            buttons = ", ".join(each["title"] for each in variation.get("buttons", ()))
            lines.append(f'| `{name}` | "{variation["text"]}" | {buttons} |')
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
