"""What is used of FastAPI, private names included; the range of versions in `_activation` is what they are known for.

The modules are kept as `Any`: what is read from them at a request is read again each time, so that a program that
replaces it is heard.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

routing: Any = import_module("fastapi.routing")
dependencies: Any = import_module("fastapi.dependencies.utils")
models: Any = import_module("fastapi.dependencies.models")
compat: Any = import_module("fastapi._compat")
compat_v2: Any = import_module("fastapi._compat.v2")
exceptions: Any = import_module("fastapi.exceptions")
params: Any = import_module("fastapi.params")
datastructures: Any = import_module("fastapi.datastructures")
body_limit: Any = import_module("fastapi._body_limit")
telemetry: Any = import_module("fastapi.telemetry._api")

own_get_request_handler: Any = routing.get_request_handler
own_request_response: Any = routing.request_response
own_app: Any = routing.APIRouter.app
