"""Pages that show a document, from files inside the package."""

from ._page import Page
from ._redoc import Redoc
from ._swagger_ui import SwaggerUI

__all__ = ["Page", "Redoc", "SwaggerUI"]
