"""Programs of forms and files, each as a page of FastAPI's tutorial has one."""

from typing import Annotated

import msgspec
import pydantic

from armillary.web import Armillary, File, Form, HTMLResponse, TestClient, UploadFile


def test_a_form_has_fields() -> None:
    app = Armillary()

    @app.post("/login")
    async def login(name: Annotated[str, Form()], password: Annotated[str, Form()]) -> str:
        return name

    client = TestClient(app)
    assert client.post("/login", data={"name": "ada", "password": "secret"}).json() == "ada"
    assert client.post("/login", data={"name": "ada"}).json()["errors"][0]["location"] == "form"
    assert client.post("/login", json={"name": "ada"}).status_code == 415


def test_a_model_takes_the_whole_form() -> None:
    class Login(pydantic.BaseModel, extra="forbid"):
        username: str
        password: str

    class Profile(msgspec.Struct, forbid_unknown_fields=True):
        name: str
        age: int = 0

    app = Armillary()

    @app.post("/login")
    async def login(data: Annotated[Login, Form()]) -> str:
        return data.username

    @app.post("/profile")
    async def profile(data: Annotated[Profile, Form()]) -> Profile:
        return data

    client = TestClient(app)
    assert client.post("/login", data={"username": "ada", "password": "x"}).json() == "ada"
    wrong = client.post("/login", data={"username": "ada", "password": "x", "extra": "y"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/extra")
    assert client.post("/profile", data={"name": "ada", "age": "36"}).json() == {"name": "ada", "age": 36}
    assert client.post("/profile", data={"name": "ada", "agee": "36"}).json()["errors"][0]["pointer"] == "/agee"


def test_a_file_is_bytes_or_an_upload() -> None:
    app = Armillary()

    @app.post("/bytes")
    async def size(file: Annotated[bytes, File(description="A file read as bytes")]) -> int:
        return len(file)

    @app.post("/upload")
    async def upload(file: UploadFile) -> list[object]:
        return [file.filename, file.content_type, (await file.read()).decode()]

    @app.post("/optional")
    async def optional(file: UploadFile | None = None) -> str:
        return file.filename or "" if file else "no file"

    client = TestClient(app)
    files = {"file": ("notes.txt", b"Vega", "text/plain")}
    assert client.post("/bytes", files=files).json() == 4
    assert client.post("/upload", files=files).json() == ["notes.txt", "text/plain", "Vega"]
    assert client.post("/optional", files=files).json() == "notes.txt"
    assert client.post("/optional").json() == "no file"


def test_several_files_and_fields_of_one_form() -> None:
    app = Armillary()

    @app.post("/bytes")
    async def sizes(files: Annotated[list[bytes], File()]) -> list[int]:
        return [len(file) for file in files]

    @app.post("/uploads")
    async def names(files: list[UploadFile], token: Annotated[str, Form()]) -> list[object]:
        return [token, *[file.filename for file in files]]

    @app.get("/")
    async def page() -> HTMLResponse:
        return HTMLResponse("<form action=/uploads method=post enctype=multipart/form-data>")

    client = TestClient(app)
    files = [("files", ("a.txt", b"1")), ("files", ("b.txt", b"22"))]
    assert client.post("/bytes", files=files).json() == [1, 2]
    assert client.post("/uploads", files=files, data={"token": "t"}).json() == ["t", "a.txt", "b.txt"]
    assert client.post("/uploads", files=files).json()["errors"][0]["pointer"] == "/token"
    assert client.get("/").headers["content-type"] == "text/html; charset=utf-8"
