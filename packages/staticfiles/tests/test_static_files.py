from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from armillary.asgi_types import HTTPException, Scope, scope_record
from armillary.http import FileResponse, Response
from armillary.staticfiles import StaticFiles

pytestmark = pytest.mark.anyio


async def test_file_is_served_with_type_length_and_validators(site: Path, ask: Callable[..., Any]) -> None:
    response = await ask(StaticFiles(directory=site), "/style.css")
    assert response.status == 200
    assert response.body == (site / "style.css").read_bytes()
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert response.headers["content-length"] == str(len(response.body))
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["etag"].startswith('"')
    assert "last-modified" in response.headers


async def test_mounted_anywhere_the_prefix_is_taken_off(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site)
    assert (await ask(app, "/a/static/letters.txt", root_path="/a/static")).status == 200
    assert (await ask(app, "/a/staticletters.txt", root_path="/a/static")).status == 404


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1, 600_000])
async def test_file_of_any_size_is_served_whole(size: int, tmp_path: Path, ask: Callable[..., Any]) -> None:
    content = os.urandom(size)
    (tmp_path / "file.bin").write_bytes(content)
    response = await ask(StaticFiles(directory=tmp_path), "/file.bin")
    assert response.body == content
    assert response.headers["content-length"] == str(size)


async def test_a_file_costs_one_thread_hop_and_one_for_each_later_chunk(
    tmp_path: Path, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import armillary.staticfiles._static_files as module
    from armillary.concurrency import FILES

    hops: list[object] = []
    here, general = module.run_detached, FILES.run

    async def count_here(function: Any) -> Any:
        hops.append(function)
        return await here(function)

    async def count_general(function: Any, **options: Any) -> Any:
        hops.append(function)
        return await general(function, **options)

    (tmp_path / "small.bin").write_bytes(bytes(4096))
    (tmp_path / "large.bin").write_bytes(bytes(1024 * 1024))
    app = StaticFiles(directory=tmp_path)
    await ask(app, "/small.bin")
    monkeypatch.setattr(module, "run_detached", count_here)
    monkeypatch.setattr("armillary.http.files._response.FileResponse.open", None)
    await ask(app, "/small.bin")
    assert len(hops) == 1
    hops.clear()
    monkeypatch.setattr(FILES, "run", count_general)
    monkeypatch.setattr("armillary.concurrency._detached.asyncio_loop", lambda: None)
    await ask(app, "/large.bin")
    inner = [hop for hop in hops if hop not in hops[:1]]
    assert len(inner) == 3


async def test_head_sends_the_headers_of_a_get_and_no_body(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site)
    head, get = await ask(app, "/style.css", "HEAD"), await ask(app, "/style.css")
    assert head.body == b""
    assert head.raw_headers == get.raw_headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"])
async def test_other_method_is_a_405_that_names_the_allowed(method: str, site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "http", "method": method, "path": "/style.css", "headers": []}, anyio.sleep_forever, send)
    assert sent[0]["status"] == 405
    assert (b"allow", b"GET, HEAD") in sent[0]["headers"]


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/.env", "/", "/docs", "/docs/", "/letters.txt/", "/letters.txt/x", "/" + "a" * 5000, "/NUL", "/a\0b"],
)
async def test_whatever_is_not_served_is_the_same_404(path: str, site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site)
    response, missing = await ask(app, path), await ask(app, "/no-such-file")
    assert (response.status, response.raw_headers, response.body) == (404, missing.raw_headers, missing.body)
    assert response.body == b'{"title":"Not Found","status":404}'


async def test_a_file_is_no_directory(site: Path, ask: Callable[..., Any]) -> None:
    for app in (StaticFiles(directory=site), StaticFiles(directory=site, memory=100_000)):
        for path in ("/style.css", "/./style.css"):
            assert [(await ask(app, path + end)).status for end in ("", "/", "//", "/.", "", "/")] == [
                200, 404, 404, 404, 200, 404
            ]  # fmt: skip
    assert app.version("style.css") is not None
    assert app.version("style.css/") is None
    page = await ask(StaticFiles(directory=site, html=True), "/style.css/")
    assert (page.status, page.text) == (404, "<h1>Missing</h1>")
    mounted = await ask(StaticFiles(directory=site), "/static/style.css/", root_path="/static")
    assert mounted.status == 404


async def test_hidden_files_are_served_only_where_asked_for(site: Path, ask: Callable[..., Any]) -> None:
    assert (await ask(StaticFiles(directory=site), "/.env")).status == 404
    assert (await ask(StaticFiles(directory=site), "/.well-known/security.txt")).status == 200
    assert (await ask(StaticFiles(directory=site, hidden_files=True), "/.env")).text == "SECRET=1"


async def test_permission_error_is_a_404(site: Path, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_permission_error(*args: Any, **kwargs: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    app = StaticFiles(directory=site)
    monkeypatch.setattr("armillary.staticfiles._file_tree.os.lstat", raise_permission_error)
    assert (await ask(app, "/letters.txt")).status == 404


@pytest.mark.parametrize("error", [PermissionError(13, "denied"), FileNotFoundError(2, "missing")])
@pytest.mark.parametrize(("etag", "query"), [("content", b""), ("mtime", b"v=0123456789ab")])
async def test_file_whose_content_cannot_be_read_for_its_digest_is_a_404(
    error: OSError, etag: Any, query: bytes, site: Path, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str) -> str:
        raise error

    app = StaticFiles(directory=site, etag=etag)
    monkeypatch.setattr("armillary.staticfiles._content_digest.digest_of_file", fail)
    assert (await ask(app, "/letters.txt", query_string=query)).status == 404
    assert app.version("letters.txt") is None


async def test_failure_of_the_system_is_not_a_404(
    site: Path, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OSError(5, "Input/output error")

    app = StaticFiles(directory=site)
    monkeypatch.setattr("armillary.staticfiles._file_tree.os.lstat", fail)
    with pytest.raises(OSError, match="Input/output"):
        await ask(app, "/letters.txt")


async def test_file_deleted_between_look_and_open_is_a_404(site: Path, ask: Callable[..., Any]) -> None:
    class Vanishing(StaticFiles):
        def file_response(self, full_path: Any, *args: Any, **kwargs: Any) -> Response:
            response = super().file_response(full_path, *args, **kwargs)
            os.unlink(full_path)
            return response

    assert (await ask(Vanishing(directory=site), "/letters.txt")).status == 404


class Racing(StaticFiles):
    """Changes the file each time between the lookup and its opening."""

    def __init__(self, directory: Path, *changes: Callable[[Path], object]) -> None:
        super().__init__(directory=directory)
        self.changes = list(changes)

    def file_response(self, full_path: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(full_path, *args, **kwargs)
        if self.changes:
            self.changes.pop(0)(Path(full_path))
        return response


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("something longer than the alphabet was")
    other.replace(path)


async def test_file_replaced_between_look_and_open_is_looked_at_again(site: Path, ask: Callable[..., Any]) -> None:
    before = await ask(StaticFiles(directory=site), "/letters.txt")
    response = await ask(Racing(site, replace), "/letters.txt")
    after = await ask(StaticFiles(directory=site), "/letters.txt")
    assert response.text == "something longer than the alphabet was"
    assert response.headers == after.headers
    assert response.headers["etag"] != before.headers["etag"]


async def test_file_written_to_between_look_and_open_is_sent_with_its_own_headers(
    site: Path, ask: Callable[..., Any]
) -> None:
    response = await ask(Racing(site, lambda path: path.write_text("written over")), "/letters.txt")
    after = await ask(StaticFiles(directory=site), "/letters.txt")
    assert (response.text, response.headers) == ("written over", after.headers)


async def test_file_swapped_for_a_link_out_between_look_and_open_is_not_served(
    site: Path, ask: Callable[..., Any]
) -> None:
    secret = site.parent / "secret.txt"
    secret.write_text("secret")

    def swap(path: Path) -> None:
        path.unlink()
        path.symlink_to(secret)

    assert (await ask(Racing(site, swap), "/letters.txt")).status == 404


async def test_file_that_is_replaced_again_and_again_is_a_404(site: Path, ask: Callable[..., Any]) -> None:
    assert (await ask(Racing(site, *[replace] * 10), "/letters.txt")).status == 404


async def test_first_directory_that_has_the_file_wins(tmp_path: Path, ask: Callable[..., Any]) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text(name)
        (tmp_path / name / "both.txt").write_text(name)

    class Two(StaticFiles):
        def get_directories(self, directory: Any = None, packages: Any = None) -> Any:
            return [tmp_path / "one", tmp_path / "two"]

    app = Two(directory=tmp_path)
    assert [(await ask(app, f"/{name}.txt")).text for name in ("one", "two", "both")] == ["one", "two", "one"]


async def test_files_of_a_package(tmp_path: Path, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("statics", "assets"):
        (tmp_path / "starcatalogue" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "starcatalogue" / folder / "a.txt").write_text(folder)
    (tmp_path / "starcatalogue" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    assert (await ask(StaticFiles(packages=["starcatalogue"]), "/a.txt")).text == "statics"
    assert (await ask(StaticFiles(packages=[("starcatalogue", "assets")]), "/a.txt")).text == "assets"
    with pytest.raises(ValueError, match=r"no folder 'nope'; give \(package, folder\)"):
        StaticFiles(packages=[("starcatalogue", "nope")])
    with pytest.raises(ValueError, match="'no_such_package', which cannot be imported"):
        StaticFiles(packages=["no_such_package"])


async def test_missing_directory_is_found_at_construction_or_at_the_first_request(
    tmp_path: Path, ask: Callable[..., Any]
) -> None:
    with pytest.raises(RuntimeError, match="does not exist"):
        StaticFiles(directory=tmp_path / "nope")
    late = StaticFiles(directory=tmp_path / "nope", check_dir=False)
    with pytest.raises(RuntimeError, match="does not exist"):
        await ask(late, "/a")
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeError, match="is not a directory"):
        StaticFiles(directory=tmp_path / "file")
    with pytest.raises(RuntimeError, match="does not exist"):
        StaticFiles(directory=tmp_path / "file" / "below")


async def test_bad_configuration_names_the_parameter(tmp_path: Path) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"html": "yes"}, "html='yes'"),
        ({"etag": "strong"}, "etag='strong'"),
        ({"memory": -1}, "memory=-1"),
        ({"precompressed": ["lzma"]}, "precompressed contains 'lzma'"),
        ({"cache_control": "a\r\nb"}, "cache_control="),
        ({"cache_control": "max-age=60 \u2013 at most"}, "cache_control=.* beyond latin-1"),
        ({"cache_control": {"*": "\u2013"}}, "cache_control=.* beyond latin-1"),
        ({"packages": ["no_such_package"]}, "packages names 'no_such_package', which cannot be imported"),
        ({"packages": ["no_such_package.below"]}, "packages names 'no_such_package.below', which cannot be imported"),
        ({"packages": [""]}, "packages names '', which cannot be imported"),
    ]
    for arguments, sentence in wrong:
        with pytest.raises(ValueError, match=sentence):
            StaticFiles(directory=tmp_path, **arguments)
    with pytest.raises(TypeError, match="cache_control=7"):
        StaticFiles(directory=tmp_path, cache_control=7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="cache_control contains 60; it must be a header or None"):
        StaticFiles(directory=tmp_path, cache_control={"*": 60})  # type: ignore[dict-item]
    for name in ("packages", "precompressed"):
        with pytest.raises(TypeError, match=f"{name}='br' must be a list"):
            StaticFiles(directory=tmp_path, **{name: "br"})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="memory='1M' must be a number of bytes"):
        StaticFiles(directory=tmp_path, memory="1M")  # type: ignore[arg-type]
    for directory in (b"static", 7):
        with pytest.raises(TypeError, match=f"directory={directory!r} must be a path"):
            StaticFiles(directory=directory, check_dir=False)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="directory= or packages="):
        StaticFiles()


@pytest.mark.parametrize("has_responses", [True, False])
async def test_a_websocket_is_rejected_with_a_404_if_the_server_can(site: Path, has_responses: bool) -> None:
    sent: list[Any] = []
    extensions: dict[str, Any] = {"websocket.http.response": {}} if has_responses else {}

    async def send(message: Any) -> None:
        sent.append(message)

    await StaticFiles(directory=site)(
        {"type": "websocket", "path": "/", "extensions": extensions}, anyio.sleep_forever, send
    )
    assert sent[0]["type"] == ("websocket.http.response.start" if has_responses else "websocket.close")
    assert sent[0].get("status") == (404 if has_responses else None)


async def test_lifespan_is_acknowledged_where_it_is_served_by_itself(site: Path) -> None:
    received = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return received.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await StaticFiles(directory=site)({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_registered_handler_renders_the_404(site: Path, ask: Callable[..., Any]) -> None:
    async def render(request: Any, exc: Any) -> Response:
        return Response("nothing here", exc.status_code)

    scope: Scope = {}
    scope_record(scope)["exception_handlers"] = {404: render}  # type: ignore[typeddict-item]
    response = await ask(StaticFiles(directory=site), "/nope", **scope)
    assert (response.status, response.text) == (404, "nothing here")


async def test_overriding_get_response_may_fall_back_and_add_headers(site: Path, ask: Callable[..., Any]) -> None:
    class Fallback(StaticFiles):
        async def get_response(self, path: str, scope: Scope) -> Response:
            try:
                response = await super().get_response(path, scope)
            except HTTPException:
                response = await super().get_response("index.html", scope)
            response.headers["x-added"] = "1"
            return response

    response = await ask(Fallback(directory=site), "/deep/link")
    assert (response.text, response.headers["x-added"]) == ("<h1>Home</h1>", "1")


async def test_overriding_get_path_and_lookup_path_is_honoured(site: Path, ask: Callable[..., Any]) -> None:
    class Renamed(StaticFiles):
        def get_path(self, scope: Scope) -> str:
            return super().get_path(scope).removeprefix("v1/")

    class Blind(StaticFiles):
        def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
            return "", None

    assert (await ask(Renamed(directory=site), "/v1/letters.txt")).status == 200
    assert (await ask(Blind(directory=site, memory=1000), "/letters.txt")).status == 404


async def test_get_response_gives_a_file_response_of_the_file(site: Path) -> None:
    app = StaticFiles(directory=site)
    response = await app.get_response("letters.txt", {"type": "http", "method": "GET", "headers": []})
    assert isinstance(response, FileResponse)
    assert os.fspath(response.path) == str(site / "letters.txt")
    assert stat.S_ISREG(response.stat_result.st_mode if response.stat_result else 0)


async def test_path_is_left_to_the_server_that_offers_to_send_it(site: Path, ask: Callable[..., Any]) -> None:
    response = await ask(StaticFiles(directory=site), "/style.css", extensions={"http.response.pathsend": {}})
    assert response[1] == {"type": "http.response.pathsend", "path": str(site / "style.css")}


async def test_many_requests_at_once_all_get_a_response(site: Path, ask: Callable[..., Any]) -> None:
    app = StaticFiles(directory=site)
    bodies: list[bytes] = []

    async def fetch() -> None:
        bodies.append((await ask(app, "/letters.txt")).body)

    async with anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(fetch)
    assert bodies == [b"abcdefghijklmnopqrstuvwxyz"] * 200


def test_a_directory_that_does_not_exist_is_the_error_where_the_working_directory_was_removed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = tmp_path / "removed"
    removed.mkdir()
    monkeypatch.chdir(removed)
    removed.rmdir()
    with pytest.raises(RuntimeError, match=r"'static' does not exist\. .* a working directory that was removed"):
        StaticFiles("static")
