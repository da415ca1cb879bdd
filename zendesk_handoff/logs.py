"""What our log lines share: that they are heard, and how they speak of an error of others'.

A line is an event, ``handoff.<what>.<what happened>``, with ``session`` and ``connector`` where
they are known. What users and agents wrote, names and secrets are in none.
"""

from __future__ import annotations

import logging
import os

from zendesk_handoff.errors import HandoffError

_LEVEL_VARIABLE = "LOG_LEVEL"  # Rasa's own; it writes there what its command line has said


def keep_level(*packages: str) -> None:
    """Hold our loggers at the level Rasa was started with.

    While Rasa loads a model, ``numpy.distutils`` sets the root logger to ``WARNING``: what Rasa
    logs stays, since its own logger has a level, and ours would fall silent. A level that somebody
    has configured for our packages stands.

    Args:
        packages: Names of loggers.
    """
    level = logging.getLevelName(os.environ.get(_LEVEL_VARIABLE, "INFO"))
    for name in packages:
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET and isinstance(level, int):
            logger.setLevel(level)


def describe_error(error: BaseException) -> str:
    """Say what went wrong: one of our own errors may speak, of any other there is type and place.

    Args:
        error: As it was caught.
    """
    return (
        str(error)
        if isinstance(error, HandoffError)
        else f"{type(error).__name__} at {location(error)}"
    )


def error_fields(error: BaseException) -> dict[str, str]:
    """Describe an error of foreign code by its type and location, as fields of a log line.

    Args:
        error: As it was caught.

    Returns:
        ``error`` and ``location``.
    """
    return {"error": type(error).__name__, "location": location(error)}


def location(error: BaseException) -> str:
    """Say where an error was raised: all that is logged of a foreign one beside its type.

    Its text may quote the user, and so may a traceback with local variables.

    Args:
        error: As it was caught.

    Returns:
        ``file:line``, empty for an error that was never raised.
    """
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
