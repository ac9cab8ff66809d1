"""One field of a form body, looked for without parsing the form.

The token proves the request by its value alone, so its position in the body does not matter. The
first bytes are searched, and the body is passed on.
"""

from __future__ import annotations

import re
from functools import lru_cache

TOKEN = rb"([A-Za-z0-9_\-=%]+)"


@lru_cache(maxsize=16)
def pattern(field: str) -> re.Pattern[bytes]:
    name = re.escape(field.encode())
    urlencoded = rb"(?:^|&)" + name + rb"=" + TOKEN
    multipart = rb'name="?' + name + rb'"?\r\n\r\n' + TOKEN + rb"\r\n"
    return re.compile(urlencoded + rb"|" + multipart)


def find_field(body: bytes, field: str) -> str | None:
    """Return the field's value in a urlencoded or multipart body; None if it is missing."""
    found = pattern(field).search(body)
    if found is None:
        return None
    return (found[1] or found[2]).decode("ascii").replace("%3D", "=").replace("%3d", "=")
