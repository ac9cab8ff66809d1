"""Run by an interpreter at start-up: install the alias, then the `sitecustomize` this one hides."""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

HERE = os.path.dirname(os.path.abspath(__file__))


def install_alias() -> None:
    try:
        from armillary.starlette import install
    except ImportError:
        return  # another environment's interpreter, without the package
    try:
        install()
    except RuntimeError as error:
        # `site` would print an exception and go on, on the real Starlette.
        sys.stderr.write(f"armillary.starlette: {error}\nA .pth file of this environment imports starlette.\n")
        sys.stderr.flush()
        os._exit(2)


def run_hidden_sitecustomize() -> None:
    # The program's sys.path is what it would be without this folder.
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != HERE]
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


install_alias()
run_hidden_sitecustomize()
