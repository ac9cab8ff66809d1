"""Files by the GraphQL multipart request specification."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from armillary.graphql._operation import RequestRejected
from armillary.graphql.http._body import place_files
from armillary.testing import TestClient

PREFLIGHT = {"graphql-require-preflight": "1"}
READ = "mutation ($file: Upload!) { read(file: $file) }"


def form(operations: Any, file_map: Any, **files: bytes) -> dict[str, Any]:
    data = {"operations": json.dumps(operations), "map": json.dumps(file_map)}
    return {"data": data, "files": {name: (f"{name}.txt", content) for name, content in files.items()}}


def one_file(**changes: Any) -> dict[str, Any]:
    return form({"query": READ, "variables": {"file": None}}, {"0": ["variables.file"]}, **{"0": b"content"}, **changes)


def test_a_file_becomes_the_value_of_its_variable(serve: Callable[..., TestClient]) -> None:
    response = serve(uploads=True).post("/", headers=PREFLIGHT, **one_file())
    assert response.json() == {"data": {"read": "content"}}


def test_files_go_into_lists_and_batches(serve: Callable[..., TestClient]) -> None:
    query = "mutation ($files: [Upload!]!) { readAll(files: $files) }"
    operations = [{"query": query, "variables": {"files": [None, None]}}, {"query": "{ hello }"}]
    sent = form(operations, {"a": ["0.variables.files.0"], "b": ["0.variables.files.1"]}, a=b"A", b=b"B")
    response = serve(uploads=True, batching=True).post("/", headers=PREFLIGHT, **sent)
    assert response.json()[0] == {"data": {"readAll": ["A", "B"]}}


def test_forms_are_rejected_when_uploads_are_off(serve: Callable[..., TestClient]) -> None:
    assert serve().post("/", headers=PREFLIGHT, **one_file()).status_code == 415


def test_a_form_that_another_site_could_send_is_rejected(serve: Callable[..., TestClient]) -> None:
    """CVE-2024-47082 in Strawberry: uploads were on by default, for forms of any site."""
    response = serve(uploads=True).post("/", **one_file())
    assert response.status_code == 400
    assert "GraphQL-Require-Preflight" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("operations", "file_map", "message"),
    [
        ({"query": READ, "variables": {"file": None}}, {"1": ["variables.file"]}, "no file '1'"),
        ({"query": READ, "variables": {"file": None}}, {"0": ["variables.other"]}, "not a variable"),
        ({"query": READ, "variables": {"file": "x"}}, {"0": ["variables.file"]}, "not a variable"),
        ({"query": READ, "variables": {"file": None}}, {"0": ["query"]}, "not a variable"),
        ({"query": READ, "variables": {"file": [None]}}, {"0": ["variables.file.7"]}, "not a variable"),
        ({"query": READ, "variables": {"file": [None]}}, {"0": ["variables.file.-1"]}, "not a variable"),
        ({"query": READ, "variables": {"file": None}}, {"0": "variables.file"}, "list of paths"),
        ({"query": READ, "variables": {"file": None}}, {"0": [1]}, "not a variable"),
        ({"query": READ, "variables": {"file": None}}, [], "`map` must be a JSON object"),
        ("text", {}, "`operations` must be"),
    ],
)
def test_a_map_that_leads_nowhere_is_a_400(
    serve: Callable[..., TestClient], operations: Any, file_map: Any, message: str
) -> None:
    response = serve(uploads=True).post("/", headers=PREFLIGHT, **form(operations, file_map, **{"0": b"content"}))
    assert response.status_code == 400
    assert message in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "data", [{"operations": "{", "map": "{}"}, {"operations": "{}"}, {"operations": "{}", "map": "{"}]
)
def test_fields_that_are_missing_or_no_json_are_a_400(serve: Callable[..., TestClient], data: dict[str, str]) -> None:
    files = {"0": ("0.txt", b"content")}
    assert serve(uploads=True).post("/", headers=PREFLIGHT, data=data, files=files).status_code == 400


def test_a_form_named_twice_in_a_map_has_a_limit() -> None:
    from io import BytesIO

    from armillary.http import UploadFile

    upload = UploadFile(BytesIO(b""))
    operations = {"variables": {"files": [None] * 2000}}
    with pytest.raises(RequestRejected, match="more than 1000 places"):
        place_files(operations, {"0": [f"variables.files.{index}" for index in range(2000)]}, {"0": upload})
