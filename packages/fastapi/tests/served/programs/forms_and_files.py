"""Forms and files, read as parameters and as models."""

from typing import Annotated, Any

from driving import FORM, JSON, MULTIPART, call  # type: ignore[import-not-found]
from fastapi import (
    Depends,
    FastAPI,
    File,
    Form,
    Request,
    UploadFile,
)
from pydantic import BaseModel, ConfigDict


def multipart(*parts: tuple[str, str]) -> bytes:
    return (
        "".join(f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n" for head, body in parts).encode()
        + b"--b--\r\n"
    )


async def run() -> Any:
    app = FastAPI()

    class Data(BaseModel):
        model_config = ConfigDict(extra="forbid")
        name: str
        age: int = 3
        tags: list[str] = []

    class WithFile(BaseModel):
        name: str
        file: UploadFile

    @app.post("/model")
    async def model(data: Annotated[Data, Form()]) -> Any:
        return data

    @app.post("/with-file")
    async def with_file(data: Annotated[WithFile, Form()]) -> Any:
        return [data.name, data.file.filename, (await data.file.read()).decode()]

    @app.post("/files")
    async def files(
        files: list[UploadFile],
        raw: Annotated[bytes, File()],
        name: Annotated[str, Form(max_length=3)],
        n: Annotated[int | None, Form()] = None,
    ) -> Any:
        return [[f.filename, f.size, f.content_type, (await f.read()).decode()] for f in files] + [
            raw.decode(),
            name,
            n,
        ]

    @app.post("/sync")
    def sync(file: UploadFile, alias: Annotated[list[int], Form(alias="the-alias")] = []) -> Any:
        return [file.filename, file.file.read().decode(), alias, file.file.closed]

    @app.post("/many-bytes")
    async def many(raws: Annotated[list[bytes], File()]) -> Any:
        return [r.decode() for r in raws]

    @app.post("/optional")
    async def optional(file: UploadFile | None = None, a: Annotated[str, Form()] = "d", request: Request = None) -> Any:  # type: ignore[assignment]
        form = await request.form()
        return [file and file.filename, a, sorted(form.keys())]

    def checked(token: Annotated[str, Form()], file: Annotated[UploadFile | None, File()] = None) -> Any:
        return token, file and file.filename

    @app.post("/dependency")
    async def dependency(c: Annotated[Any, Depends(checked)], other: Annotated[int, Form()] = 1) -> Any:
        return [c, other]

    bodies = [
        (FORM, b"name=n&age=4&tags=a&tags=b"),
        (FORM, b"name=n&bogus=1"),
        (FORM, b"age=x"),
        (FORM, b""),
        (FORM, b"name=&age="),
        (FORM, b"token=t&other=2&a=%ff&the-alias=1&the-alias=x"),
        (JSON, b'{"name": "n"}'),
        (MULTIPART, multipart(('name="name"', "n"), ('name="file"; filename="f.txt"', "data"))),
        (
            MULTIPART,
            multipart(
                ('name="files"; filename="a"', "1"),
                ('name="files"; filename="b"\r\nContent-Type: text/x', "2"),
                ('name="raw"; filename="r"', "raw"),
                ('name="name"', "abcd"),
                ('name="n"', "z"),
            ),
        ),
        (
            MULTIPART,
            multipart(
                ('name="files"; filename="a"', "1"), ('name="raw"', "text"), ('name="name"', "abc"), ('name="n"', "")
            ),
        ),
        (
            MULTIPART,
            multipart(
                ('name="files"', "no file"),
                ('name="file"', "no file"),
                ('name="raw"; filename=""', ""),
                ('name="token"', "t"),
            ),
        ),
        (
            MULTIPART,
            multipart(
                ('name="file"; filename=""', ""), ('name="token"', ""), ('name="a"', "ü"), ('name="the-alias"', "5")
            ),
        ),
        (
            MULTIPART,
            multipart(
                ('name="file"; filename="é.txt"', "é"),
                ('name="token"', "t"),
                ('name="raws"; filename="1"', "1"),
                ('name="raws"; filename="2"', "2"),
            ),
        ),
        (MULTIPART, b"--b\r\nbroken"),
        ({"content-type": "multipart/form-data"}, b""),
        ({}, b"name=n"),
    ]
    return [
        await call(app, "POST", path, headers, body)
        for path in ("/model", "/with-file", "/files", "/sync", "/many-bytes", "/optional", "/dependency")
        for headers, body in bodies
    ]
