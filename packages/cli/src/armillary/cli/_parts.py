"""What to install for what is missing."""

from __future__ import annotations

import re

# Commands of other packages, and imports whose distribution has another name.
COMMAND_PACKAGES = {"openapi": "armillary-openapi", "worker": "armillary-tasks"}
_DISTRIBUTIONS = {
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dotenv": "python-dotenv",
    "jwt": "pyjwt",
    "multipart": "python-multipart",
    "python_multipart": "python-multipart",
    "sklearn": "scikit-learn",
    "strawberry": "strawberry-graphql",
    "yaml": "pyyaml",
}


def install_command(module: str) -> str:
    """Return the command that installs what provides an import.

    >>> install_command("armillary.asgi_types")
    'pip install armillary-asgi-types'
    >>> install_command("armillary.web"), install_command("yaml")
    ('pip install armillary', 'pip install pyyaml')
    """
    parts = module.split(".")
    if parts[0] == "armillary":
        name = "" if parts[1:2] in ([], ["web"]) else f"-{parts[1]}"
        return f"pip install armillary{name.replace('_', '-')}"
    return f"pip install {_DISTRIBUTIONS.get(parts[0], re.sub('_', '-', parts[0]))}"
