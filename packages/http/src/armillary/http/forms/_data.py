"""The fields and files of a form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from armillary.datastructures import ImmutableMultiDict

from ._upload import UploadFile


class FormData(ImmutableMultiDict[str, "UploadFile | str"]):
    """A form: text fields and `UploadFile`s by name, in the order sent; names may repeat.

    Args:
        value: another form, a mapping, or pairs.
        **kwargs: further fields.

    >>> form = FormData([("a", "1"), ("a", "2")])
    >>> form["a"], form.getlist("a")
    ('2', ['1', '2'])
    """

    def __init__(
        self,
        value: FormData | Mapping[str, UploadFile | str] | Iterable[tuple[str, UploadFile | str]] | None = None,
        /,
        **kwargs: UploadFile | str,
    ) -> None:
        super().__init__(value, **kwargs)

    def files(self) -> list[UploadFile]:
        """Return the files, in the order sent."""
        return [value for _, value in self.multi_items() if isinstance(value, UploadFile)]

    def detach(self) -> FormData:
        """Detach all files from the request: they stay open until you close the form. Returns the form."""
        for upload in self.files():
            upload.detach()
        return self

    async def close(self) -> None:
        """Close every file, detached ones too."""
        for upload in self.files():
            await upload.close()

    async def close_owned(self) -> None:
        """Close the files that were not detached; called when the request is finished."""
        for upload in self.files():
            if upload.owned:
                await upload.close()

    def close_now(self) -> None:
        """Close the files that were not detached without awaiting; for use when cancelled."""
        for upload in self.files():
            if upload.owned:
                upload.close_now()
