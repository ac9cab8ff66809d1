"""Media types with parameters, as in Content-Type (RFC 9110 section 8.3.1)."""

from __future__ import annotations

from ._header_encoding import is_token
from ._quoted import parse_parameters, split_quoted


def parse_media_type(value: str) -> tuple[str, dict[str, str]]:
    """Return the media type in lower case and its parameters.

    Args:
        value: the value of a Content-Type header.

    Returns:
        `(type, parameters)`. Parameter names are in lower case, quoted values unquoted; of two
        parameters with the same name the first counts. The type is "" if there is none or it
        is malformed.

    >>> parse_media_type('Multipart/Form-Data; Boundary="a;b"')
    ('multipart/form-data', {'boundary': 'a;b'})
    """
    essence, semicolon, rest = value.partition(";")
    main, slash, sub = essence.strip(" \t").lower().partition("/")
    name = f"{main}/{sub}" if slash and is_token(main) and is_token(sub) else ""
    return name, parse_parameters(split_quoted(rest, ";")) if semicolon else {}
