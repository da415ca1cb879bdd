"""Helpers for log lines: their level, and the description of an error.

A line is an event, ``handoff.<subject>.<what happened>``, with ``session`` and ``connector`` where
they are known; events of the score and the summary begin with ``frustration`` and ``summary``. No
line holds what users and agents wrote, names or secrets.
"""

from __future__ import annotations

import logging
import os

from zendesk_handoff.errors import HandoffError

_LEVEL_VARIABLE = "LOG_LEVEL"  # Rasa sets it to the level of its command line


def keep_level(*packages: str) -> None:
    """Keep our loggers at the level that Rasa was started with.

    While Rasa loads a model, ``numpy.distutils`` sets the root logger to ``WARNING``. Rasa's own
    logger has a level and keeps writing; ours would fall silent. A level that is configured for
    our packages stays.

    Args:
        packages: Names of loggers.
    """
    level = logging.getLevelName(os.environ.get(_LEVEL_VARIABLE, "INFO"))
    for name in packages:
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET and isinstance(level, int):
            logger.setLevel(level)


def describe_error(error: BaseException) -> str:
    """Describe an error for a log line: our own by its text, any other by type and location.

    Args:
        error: The error, as caught.
    """
    return (
        str(error)
        if isinstance(error, HandoffError)
        else f"{type(error).__name__} at {location(error)}"
    )


def error_fields(error: BaseException) -> dict[str, str]:
    """Describe an error of foreign code by its type and location, as fields of a log line.

    Args:
        error: The error, as caught.

    Returns:
        ``error`` and ``location``.
    """
    return {"error": type(error).__name__, "location": location(error)}


def location(error: BaseException) -> str:
    """Find where an error was raised.

    Type and location are all that is logged of a foreign error: its text may quote the user, and
    so may a traceback with local variables.

    Args:
        error: The error, as caught.

    Returns:
        ``file:line``, empty for an error that was never raised.
    """
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
