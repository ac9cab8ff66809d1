from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from httpx import Response

from armillary.lint import lint
from armillary.web import TestClient
from examples.login.app import LONGEST_NOTE, app, notebooks, path_on_this_site

PASSWORD = "analytical engine"


@pytest.fixture
def client() -> Iterator[TestClient]:
    notebooks.clear()
    with TestClient(lint(app), raise_server_exceptions=False) as client:
        yield client


def token(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def log_in(client: TestClient, name: str = "ada", password: str = PASSWORD, path: str = "/login") -> Response:
    form = {"name": name, "password": password, "csrf_token": token(client.get("/login").text)}
    return client.post(path, data=form, follow_redirects=False)


def post(client: TestClient, path: str, **form: str) -> Response:
    return client.post(path, data={**form, "csrf_token": token(client.get("/").text)}, follow_redirects=False)


def test_the_notebook_sends_to_the_log_in_and_back(client: TestClient) -> None:
    sent_away = client.get("/?page=2", follow_redirects=False)
    assert sent_away.status_code == 303
    address = sent_away.headers["location"]
    assert "/login?next=" in address
    back = log_in(client, path=address.removeprefix("http://testserver"))
    assert (back.status_code, back.headers["location"]) == (303, "/?page=2")
    assert "Your notes" in client.get("/").text


def test_a_note_is_kept_and_escaped(client: TestClient) -> None:
    log_in(client)
    assert post(client, "/notes", note="<b>M13</b> & M92").status_code == 303
    assert "<li>&lt;b&gt;M13&lt;/b&gt; &amp; M92</li>" in client.get("/").text


def test_notes_are_private(client: TestClient) -> None:
    log_in(client)
    post(client, "/notes", note="mine alone")
    post(client, "/logout")
    log_in(client, "grace", "first actual bug")
    assert "mine alone" not in client.get("/").text


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("nobody", ""), ("", "")])
def test_a_wrong_password_and_an_unknown_name_get_the_same_response(
    client: TestClient, name: str, password: str
) -> None:
    response = log_in(client, name, password)
    assert response.status_code == 403
    assert "Name and password do not belong together." in response.text
    assert client.get("/", follow_redirects=False).status_code == 303


def test_an_id_from_before_the_log_in_is_dead_after_it(client: TestClient) -> None:
    log_in(client)
    before = client.cookies["session"]
    log_in(client)
    assert client.cookies["session"] != before
    client.cookies.set("session", before)
    assert client.get("/", follow_redirects=False).status_code == 303


def test_logging_out_ends_the_session_for_every_holder_of_its_id(client: TestClient) -> None:
    log_in(client)
    kept = client.cookies["session"]
    assert post(client, "/logout").headers["location"] == "/login"
    client.cookies.set("session", kept)
    assert client.get("/", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("path", ["/login", "/notes", "/logout"])
def test_a_form_of_another_site_is_rejected(client: TestClient, path: str) -> None:
    log_in(client)
    form = {"name": "ada", "password": PASSWORD, "note": "planted"}
    assert client.post(path, data=form, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post(path, data=form).status_code == 403
    assert "planted" not in client.get("/").text


@pytest.mark.parametrize("note", ["", "   ", "a" * (LONGEST_NOTE + 1)])
def test_a_note_of_another_length_is_the_senders_mistake(client: TestClient, note: str) -> None:
    log_in(client)
    response = post(client, "/notes", note=note)
    assert response.status_code == 400
    assert f"between 1 and {LONGEST_NOTE} characters" in response.text


def test_writing_needs_a_log_in(client: TestClient) -> None:
    form = {"note": "x", "csrf_token": token(client.get("/login").text)}
    assert client.post("/notes", data=form).status_code == 403


@pytest.mark.parametrize(
    "address", ["https://evil.test/", "//evil.test/x", "/\\evil.test", "\\evil.test", "javascript:alert(1)", "evil", ""]
)
def test_going_on_never_leaves_the_site(address: str) -> None:
    assert path_on_this_site(address) in ("/", "/x")


def test_every_page_has_the_security_headers(client: TestClient) -> None:
    for path in ("/login", "/nowhere"):
        headers = client.get(path).headers
        assert "form-action 'self'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"


def test_every_error_has_a_page(client: TestClient) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "There is no page at this address." in response.text
