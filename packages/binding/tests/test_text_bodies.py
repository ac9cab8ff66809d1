"""A body of text under a media type of its own."""

from typing import Annotated, Any

import msgspec
import pytest
from testkit import call

from armillary.binding import BindingError, Body, bind

pytestmark = pytest.mark.anyio

Plain = Annotated[str, Body(media_type="text/plain", min_length=2)]


class Star(msgspec.Struct):
    name: str


async def echo(text: Plain) -> str:
    return text


async def optional(text: Annotated[str, Body(media_type="text/plain")] = "none") -> str:
    return text


async def absent(text: Annotated[str | None, Body(media_type="text/plain", min_length=2)] = None) -> str:
    return "absent" if text is None else text


async def status_of(content_type: bytes, body: bytes) -> int:
    return (await call(bind(echo), method="POST", headers=[(b"content-type", content_type)], body=body)).status


async def test_text_is_not_read_as_json() -> None:
    sent = [(b"content-type", b"text/plain; charset=utf-8")]
    assert (await call(bind(echo), method="POST", headers=sent, body='"é'.encode())).body == '"\\"é"'.encode()


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (b"text/plain", b"a", 422),
        (b"text/plain", b"", 422),
        (b"text/plain", b"\xff\xff", 400),
        (b"text/plain; charset=latin-1", b"ab", 415),
        (b"text/plain; charset=idna", b"ab", 415),
        (b"application/json", b'"ab"', 415),
        (b"", b"ab", 415),
    ],
)
async def test_bad_text_is_an_error_of_the_client(content_type: bytes, body: bytes, status: int) -> None:
    assert await status_of(content_type, body) == status


async def test_an_empty_body_is_the_default() -> None:
    assert (await call(bind(optional), method="POST")).body == b'"none"'


def test_data_of_another_media_type_than_json_is_an_error_when_it_is_bound() -> None:
    async def add(star: Annotated[Star, Body(media_type="text/xml")]) -> None: ...

    async def several(
        one: Annotated[str, Body(media_type="text/xml")], two: Annotated[str, Body(media_type="text/xml")]
    ) -> None: ...

    for function in (add, several):
        with pytest.raises(BindingError, match="text/xml is not JSON: take it as `str` or `bytes`, not as data"):
            bind(function)


async def test_a_form_of_json_is_data() -> None:
    async def add(star: Annotated[Star, Body(media_type="application/vnd.star+json")]) -> str:
        return star.name

    sent = [(b"content-type", b"application/vnd.star+json")]
    assert (await call(bind(add), method="POST", headers=sent, body=b'{"name": "Vega"}')).body == b'"Vega"'


async def test_text_may_be_absent() -> None:
    sent = [(b"content-type", b"text/plain")]
    assert (await call(bind(absent), method="POST")).body == b'"absent"'
    assert (await call(bind(absent), method="POST", headers=sent, body=b"null")).body == b'"null"'
    assert (await call(bind(absent), method="POST", headers=sent, body=b"a")).status == 422


@pytest.mark.parametrize(
    ("media_type", "sent", "status"),
    [
        ("text/*", b"text/csv", 200),
        ("text/*", b"TEXT/plain; charset=utf-8", 200),
        ("text/*", b"image/png", 415),
        ("text/*", b"", 415),
        ("text/*", b"text", 415),
        ("*/*", b"image/png", 200),
        ("*/*", b"", 200),
        ("Text/CSV", b"text/csv", 200),
    ],
)
@pytest.mark.parametrize("kind", [str, bytes])
async def test_a_media_type_may_be_a_range_in_any_case(media_type: str, sent: bytes, status: int, kind: type) -> None:
    async def measure(body: Any) -> int:
        return len(body)

    measure.__annotations__["body"] = Annotated[kind, Body(media_type=media_type)]
    headers = [(b"content-type", sent)] if sent else []
    response = await call(bind(measure), method="POST", headers=headers, body=b"abc")
    assert response.status == status
    assert bind(measure).signature.body.media_types == (media_type.lower(),)  # type: ignore[union-attr]


@pytest.mark.parametrize("media_type", ["nonsense", "", "text/", "*/plain", "text/plain; charset=utf-8"])
def test_what_is_no_media_type_is_an_error_where_it_is_written(media_type: str) -> None:
    with pytest.raises(ValueError, match="is no media type; write one such as 'text/csv'"):
        Body(media_type=media_type)


def test_a_range_is_no_json() -> None:
    async def add(star: Annotated[Star, Body(media_type="application/*")]) -> None: ...

    with pytest.raises(BindingError, match=r"application/\* is not JSON"):
        bind(add)
