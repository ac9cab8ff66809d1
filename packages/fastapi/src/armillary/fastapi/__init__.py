"""FastAPI programs made faster on the drop-in for Starlette.

Installed, it is on under `python -m armillary.starlette` as soon as a program imports `fastapi`. `ARMILLARY_FASTAPI=0`
turns it off. By hand it is one call, after `armillary.starlette.install()` and before the application is built:

>>> import armillary.fastapi
>>> armillary.fastapi.SUPPORTED_VERSIONS
'>=0.165,<0.166'
>>> armillary.fastapi.counts().compiled >= 0
True
"""

from ._activation import SUPPORTED_VERSIONS, activate, deactivate
from ._counts import HandlerCounts, counts
from ._report import report

__all__ = ["SUPPORTED_VERSIONS", "HandlerCounts", "activate", "counts", "deactivate", "report"]
