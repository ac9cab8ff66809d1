"""The document of an application: its routes, with what their functions say of themselves."""

from ._asyncapi import AsyncAPI
from ._described_route import DescribedRoute
from ._openapi import OpenAPI
from ._operation_ids import default_operation_id

__all__ = ["AsyncAPI", "DescribedRoute", "OpenAPI", "default_operation_id"]
