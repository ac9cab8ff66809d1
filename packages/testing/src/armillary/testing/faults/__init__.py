"""Faults of the network and cancellations at every step of a request.

>>> import anyio
>>> from armillary.testing.faults import FaultRequest, enumerate_faults
>>> async def app(scope, receive, send):
...     await send({"type": "http.response.start", "status": 200, "headers": []})
...     await send({"type": "http.response.body", "body": b"Hello"})
>>> anyio.run(enumerate_faults, app, [FaultRequest("/")]).findings
[]
"""

from ._enumerate import enumerate_faults
from ._report import FaultFinding, FaultReport, FaultRun
from ._request import FaultRequest

__all__ = ["FaultFinding", "FaultReport", "FaultRequest", "FaultRun", "enumerate_faults"]
