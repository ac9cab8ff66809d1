"""The log `armillary.background`; `logging` is loaded with the first entry."""

from __future__ import annotations

LOGGER_NAME = "armillary.background"


def log_failure(name: str, exc: Exception) -> None:
    """Log a failure that is not raised."""
    import logging

    logging.getLogger(LOGGER_NAME).error("Background task %s failed", name, exc_info=exc)


def log_unfinished(name: str, seconds: float | None) -> None:
    """Log a task that the shut-down cancelled or kept from starting."""
    import logging

    logger = logging.getLogger(LOGGER_NAME)
    if seconds is None:
        logger.warning("Background task %s was not started: the server is stopping", name)
    else:
        logger.warning("Background task %s was cancelled after %.1f seconds: the server is stopping", name, seconds)


def log_cut_off(name: str, seconds: float) -> None:
    """Log a task that was cancelled where nothing knows whether the server is stopping."""
    import logging

    logging.getLogger(LOGGER_NAME).warning("Background task %s was cancelled after %.1f seconds", name, seconds)
