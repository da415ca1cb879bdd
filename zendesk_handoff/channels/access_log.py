"""Addresses in log lines of the web server, without what opens a file."""

from __future__ import annotations

import logging
import re
from typing import Any

from zendesk_handoff.domain.media import AGENT_MEDIA_PATH

#: A media address's token and file name; the token may be percent-encoded, or cut off.
_SECRET_PATH = re.compile(rf"({re.escape(AGENT_MEDIA_PATH)}/)[^\s'\"?#]+")
#: Sanic's loggers: the access log has each address, the others those of requests that failed; and
#: aiohttp's of the parts of Rasa that use it.
_LOGGERS = ("sanic.access", "sanic.error", "sanic.root", "aiohttp.access", "aiohttp.server")


class _WithoutTokens(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _clean(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(_clean, record.args))
        for name in ("request", "path", "url"):  # Sanic's access log has them as fields
            if name in record.__dict__:
                record.__dict__[name] = _clean(record.__dict__[name])
        return True


_FILTER = _WithoutTokens()


def hide_media_tokens() -> None:
    """Keep the tokens of media addresses out of the web server's log lines; safe to repeat.

    Who has a token can read the file, and log lines are read by more people than conversations.
    """
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)


def _clean(value: Any) -> Any:
    return _SECRET_PATH.sub(r"\1…", value) if isinstance(value, str) else value
