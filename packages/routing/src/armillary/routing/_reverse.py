"""URL reversing: from a name and parameters to the path that matches them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._convertors import Convertor
from ._path_template import PARAM_FORMAT_REGEX, replace_params, stays_within_segment
from ._route_path import ENCODED_SLASH, encode_path, stay_on_host


def filled(
    form: str,
    convertors: Mapping[str, Convertor[Any]],
    params: dict[str, Any],
    *,
    encode: bool = True,
    segments: bool = False,
) -> str:
    """Return a format with its parameters, taking them out of `params`.

    Args:
        form: a path format, such as "/users/{id}"; placeholders without a value remain.
        convertors: the convertors by parameter name.
        params: the values; those used are removed.
        encode: percent-encode literals and values (RFC 3986 section 3.3).
        segments: for a router that matches undecoded paths: "/" inside a value is `%2F`.
    """
    if not encode:
        return stay_on_host(replace_params(form, convertors, params)[0])
    texts: dict[str, str] = {}
    for name, convertor in convertors.items():
        if name in params:
            value = params.pop(name)
            if not segments:
                texts[name] = encode_path(convertor.to_string(value))
            else:
                texts[name] = encode_path(_segment_text(convertor, value))
    literals = PARAM_FORMAT_REGEX.split(form)
    parts = [
        encode_path(part) if place % 2 == 0 else texts.get(part, f"{{{part}}}") for place, part in enumerate(literals)
    ]
    return stay_on_host("".join(parts))


def _segment_text(convertor: Convertor[Any], value: Any) -> str:
    text = convertor.to_segment(value)
    return text.replace("/", ENCODED_SLASH) if stays_within_segment(convertor.regex) else text
