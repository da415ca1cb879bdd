"""Errors at which Rasa prints their text, without a traceback, and does not start."""

from __future__ import annotations

from rasa.shared.exceptions import RasaException


class InvalidSettings(RasaException):
    """A channel's block of ``credentials.yml`` has problems."""


class UnsupportedRasa(RasaException):
    """The plugin cannot work in this environment."""
