from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from armillary.lint import lint
from armillary.web import TestClient
from examples.hello.app import app


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(lint(app), raise_server_exceptions=False) as client:
        yield client


def test_the_home_page_is_html(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "It runs." in response.text


def test_the_style_sheet_is_shown_and_not_downloaded(client: TestClient) -> None:
    response = client.get("/style.css")
    assert response.headers["content-type"].startswith("text/css")
    assert "attachment" not in response.headers.get("content-disposition", "")


def test_a_path_parameter_names_who_is_greeted(client: TestClient) -> None:
    assert client.get("/hello").json()["hello"] == "world"
    assert client.get("/hello/Ada").json()["hello"] == "Ada"


def test_an_upload_comes_back_as_size_and_checksum(client: TestClient) -> None:
    content = b"a star\n" * 50_000
    response = client.post("/echo", files={"file": ("stars.txt", content, "text/plain")}, data={"comment": "seven"})
    assert response.status_code == 200
    assert response.json() == {
        "filename": "stars.txt",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "comment": "seven",
    }


def test_a_browser_gets_the_upload_back_as_an_escaped_page(client: TestClient) -> None:
    files = {"file": ("<b>.txt", b"x", "text/plain")}
    response = client.post("/echo", files=files, headers={"accept": "text/html"})
    assert "&lt;b&gt;.txt" in response.text
    assert "<b>" not in response.text


def test_a_form_without_a_file_is_the_senders_mistake(client: TestClient) -> None:
    response = client.post("/echo", data={"comment": "no file"})
    assert response.status_code == 400
    assert "Choose a file to send." in response.text


def test_a_broken_form_is_the_senders_mistake(client: TestClient) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/echo", content=b"--y\r\nnothing", headers=headers).status_code == 400


def test_the_stream_arrives_whole(client: TestClient) -> None:
    lines = client.get("/stream").text.splitlines()
    assert lines == [f"tick {tick} of 10" for tick in range(1, 11)]


@pytest.mark.parametrize(("path", "status_code"), [("/nowhere", 404), ("/echo", 405), ("/fail", 500)])
def test_every_error_has_a_page(client: TestClient, path: str, status_code: int) -> None:
    response = client.get(path)
    assert response.status_code == status_code
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<p class="status">{status_code}</p>' in response.text
    assert "Traceback" not in response.text


def test_a_method_that_is_not_allowed_names_those_that_are(client: TestClient) -> None:
    assert client.get("/echo").headers["allow"] == "POST"
