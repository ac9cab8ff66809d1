"""The files of a directory, as `FILES_DIRECTORY` names it."""

from __future__ import annotations

import os

from armillary.staticfiles import StaticFiles

app = StaticFiles(directory=os.environ["FILES_DIRECTORY"], cache_control=None)
