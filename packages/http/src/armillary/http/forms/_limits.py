"""Limits on forms, and the errors for forms that exceed them or are malformed."""

from typing import NamedTuple

from armillary.asgi_types import HTTPException

MAX_BOUNDARY_SIZE = 256
"""The longest multipart boundary accepted, in bytes. RFC 2046 section 5.1.1 allows 70."""


class FormLimits(NamedTuple):
    """The limits on one form; each is counted on received bytes, however they are split into messages.

    Args:
        max_files: parts with a file name.
        max_fields: all other parts, or the fields of a urlencoded form.
        max_part_size: bytes in one field, name and value each.
        max_file_size: bytes in one file; None for the limit on the body only.
        max_fields_size: bytes in all fields together.
        max_total_size: bytes in the whole form; None for the limit on the body only.
        max_part_headers: headers of one part.
        max_header_size: bytes in one header line of a part.
        max_preamble_size: bytes before the first multipart boundary.
        max_epilogue_size: bytes after the last multipart boundary.
    """

    max_files: int = 1000
    max_fields: int = 1000
    max_part_size: int = 1024 * 1024
    max_file_size: int | None = None
    max_fields_size: int = 16 * 1024 * 1024
    max_total_size: int | None = None
    max_part_headers: int = 8
    max_header_size: int = 4096
    max_preamble_size: int = 4096
    max_epilogue_size: int = 4096

    def checked(self) -> "FormLimits":
        """Return these limits; `ValueError` naming one that is not a number of bytes or parts."""
        for name, value in zip(self._fields, self, strict=True):
            optional = name in ("max_file_size", "max_total_size")
            if value is None and optional:
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                allowed = "an int of at least 0, or None" if optional else "an int of at least 0"
                raise ValueError(f"{name} must be {allowed}, got {value!r}")
        return self


class FormError(HTTPException):
    """A form that is rejected; `FormError` itself is for a malformed one: 400."""

    def __init__(self, detail: str, status_code: int = 400) -> None:
        super().__init__(status_code, detail)


class FormTooLarge(FormError):
    """A form over one of its limits: 413 (RFC 9110 section 15.5.14)."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, 413)


def size_phrase(size: int) -> str:
    """Return a size as text: whole KiB as such, anything else in bytes."""
    return f"{size // 1024}KB" if size and size % 1024 == 0 else f"{size} bytes"


def too_many(what: str, limit: int) -> FormTooLarge:
    """Return the error for more files or fields than `limit`."""
    return FormTooLarge(f"Too many {what}. Maximum number of {what} is {limit}.")


def too_large(what: str, limit: int) -> FormTooLarge:
    """Return the error for a part, field or form of more than `limit` bytes."""
    return FormTooLarge(f"{what} exceeded maximum size of {size_phrase(limit)}.")
