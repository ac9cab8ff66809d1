"""The Content-Disposition header (RFC 6266)."""

from __future__ import annotations

from armillary.datastructures import encode_text

_LETTERS_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TYPE_CHARACTERS = frozenset(_LETTERS_DIGITS + "-")
# The characters that neither a quoted string nor percent-decoding changes.
_UNESCAPED_CHARACTERS = frozenset(_LETTERS_DIGITS + "-._~/")


def format_content_disposition(disposition: str, filename: str) -> str:
    """Return the header's value for a file name in any script.

    Args:
        disposition: "attachment" or "inline".
        filename: any name; what cannot be sent as it is, such as a line break, is percent-encoded.

    Raises:
        ValueError: the disposition is not a word.

    Follows RFC 6266 section 4 and RFC 8187.

    >>> format_content_disposition("attachment", "naïve.txt")
    "attachment; filename*=utf-8''na%C3%AFve.txt"
    """
    if not disposition or not _TYPE_CHARACTERS.issuperset(disposition):
        raise ValueError(f"content_disposition_type={disposition!r} must be a word such as 'attachment' or 'inline'")
    if _UNESCAPED_CHARACTERS.issuperset(filename):
        return f'{disposition}; filename="{filename}"'
    encoded = "".join(
        [chr(byte) if chr(byte) in _UNESCAPED_CHARACTERS else f"%{byte:02X}" for byte in encode_text(filename)]
    )
    return f"{disposition}; filename*=utf-8''{encoded}"
