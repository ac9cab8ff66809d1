"""A configuration for `logging.config.dictConfig`."""

from __future__ import annotations

from typing import Any, Literal

Form = Literal["json", "text"]


def logging_config(form: Form = "text", level: str = "INFO") -> dict[str, Any]:
    """Return a configuration that writes every record to standard error.

    It is for `logging.config.dictConfig`, and for the `log_config` of uvicorn. Uvicorn's own
    access log is silent in it, and its report of an exception that the application has logged is left out.

    Args:
        form: "json" for `JSONFormatter`, "text" for `LineFormatter`.
        level: the lowest level that is written, by its name.

    Raises:
        ValueError: an unknown form or level name.

    >>> logging_config("json")["root"]
    {'level': 'INFO', 'handlers': ['stderr']}
    """
    import logging

    if form not in ("json", "text"):
        raise ValueError(f"form must be 'json' or 'text', got {form!r}")
    if level not in logging.getLevelNamesMapping():
        raise ValueError(f"level must be the name of a level, such as 'INFO', got {level!r}")
    formatter = "armillary.logging.JSONFormatter" if form == "json" else "armillary.logging.LineFormatter"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "armillary.logging.RequestIDFilter"},
            "repeated_traceback": {"()": "armillary.logging.RepeatedTracebackFilter"},
        },
        "formatters": {"line": {"()": formatter}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["request_id", "repeated_traceback"],
            },
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {"uvicorn.access": {"level": "WARNING"}},
    }
