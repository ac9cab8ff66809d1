"""The execution options of an engine by which its connections know how a transaction runs."""

from __future__ import annotations

from typing import Any, Final

from .._options import TransactionOptions

READ_ONLY: Final = "armillary_read_only"
READS_FIRST: Final = "armillary_reads_first"
STATEMENT_TIMEOUT: Final = "armillary_statement_timeout"
HAS_DEADLINES: Final = "armillary_has_deadlines"
"""Set for the engines of a `Database`, not for the one below them, which programs use directly too."""


def execution_options(options: TransactionOptions, backend: str) -> dict[str, Any]:
    """Return the execution options for an engine whose transactions run with `options`."""
    chosen: dict[str, Any] = {HAS_DEADLINES: True}
    if options.isolation_level is not None and backend != "sqlite":
        chosen["isolation_level"] = options.isolation_level
    if options.read_only:
        chosen[READ_ONLY] = True
        if backend == "postgresql":
            chosen["postgresql_readonly"] = True
    if options.reads_first:
        chosen[READS_FIRST] = True
    if options.statement_timeout is not None:
        chosen[STATEMENT_TIMEOUT] = options.statement_timeout
    return chosen
