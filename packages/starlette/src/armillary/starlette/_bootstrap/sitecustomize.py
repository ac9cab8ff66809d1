"""Run by a child interpreter at start-up: install the alias, then the `sitecustomize` this one hides."""

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
    install()


def run_hidden_sitecustomize() -> None:
    others = [path for path in sys.path if os.path.abspath(path) != HERE]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


install_alias()
run_hidden_sitecustomize()
