"""The lines below a summary: where the user is, and where the bot's conversation is found."""

from __future__ import annotations

from zendesk_handoff.domain.text import MAX_TEXT, shorten, units
from zendesk_handoff.summary.labels import labels_of

#: The longest text of a line, in UTF-16 units: the summary itself must not be pushed out.
_MAX_LINE = 400


def add_context(
    summary: str,
    language: str | None,
    *,
    page: str | None,
    browser: str | None,
    conversation: str | None,
) -> str:
    """Add what is known of the user's page and browser, and the bot's conversation, to a summary.

    Args:
        summary: The summary.
        language: Of the labels.
        page: The address of the page on which the user is.
        browser: The browser's own name.
        conversation: The address of the bot's conversation; a part of it would lead nowhere, so
            one that is too long is left out.

    Returns:
        At most as much as one message of Zendesk's may have; the end of the summary is cut first.
    """
    labels = labels_of(language)
    if units(conversation or "") > _MAX_LINE:
        conversation = None
    known = ((labels.page, page), (labels.browser, browser), (labels.conversation, conversation))
    lines = [f"{label} {shorten(text, _MAX_LINE)}" for label, text in known if text]
    if not lines:
        return summary
    below = "\n".join(["", *(["", *lines] if summary else lines)])
    return (shorten(summary, MAX_TEXT - units(below)) + below).lstrip("\n")
