"""Errors at which Rasa prints their text, without a traceback, and does not start."""

from __future__ import annotations

import logging

from rasa.shared.exceptions import RasaException


class StartError(RasaException):
    """The plugin cannot start, and says what a person must do."""


class InvalidSettings(StartError):
    """A channel's block of ``credentials.yml`` has problems."""


class UnsupportedRasa(StartError):
    """The plugin cannot work in this environment."""


class StoreNotReady(StartError):
    """The store cannot be opened."""


def hide_tracebacks() -> None:
    """Keep Sanic from writing a traceback before the one line that Rasa prints."""
    logger = logging.getLogger("sanic.error")
    if _is_for_people not in logger.filters:
        logger.addFilter(_is_for_people)


def _is_for_people(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], StartError))
