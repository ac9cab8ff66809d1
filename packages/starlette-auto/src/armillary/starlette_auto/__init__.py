"""Put Armillary in the place of Starlette by an environment variable.

The start-up files of this distribution call `start()` in every interpreter of the environment. With
`ARMILLARY_STARLETTE=1` it puts a finder on `sys.meta_path`, which calls `armillary.starlette.install()` when the
program imports starlette, and not before; without the variable it does nothing:

>>> import os, sys
>>> os.environ.pop("ARMILLARY_STARLETTE", None) and None
>>> before = list(sys.meta_path)
>>> start()
>>> sys.meta_path == before
True
"""

from ._finder import start

__all__ = ["start"]
