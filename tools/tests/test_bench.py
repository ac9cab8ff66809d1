"""What `make bench` refuses to compare, and what it makes of its figures; nothing here measures time."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import pytest
from charter import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import frame
from frame import (
    BARE,
    BenchmarkRequest,
    Contest,
    ResponsesDiffer,
    bare_application,
    channels,
    events,
    json_value,
    receiver,
    status_alone,
    verify_all,
    whole,
)
from peers import PEERS
from report import INSTRUCTIONS, MICROSECONDS, markdown, picture

TEXT = b"text/plain"


def compare(bare: Any, *others: Any, request: BenchmarkRequest | None = None, compared: Any = whole) -> None:
    applications = {BARE: bare, **{f"peer{number}": other for number, other in enumerate(others)}}
    asyncio.run(verify_all(Contest(request or BenchmarkRequest(), applications, compared)))


def test_equal_responses_are_compared() -> None:
    compare(
        bare_application(b"a", TEXT), bare_application(b"a", TEXT), bare_application(b"a", b"text/plain; charset=x")
    )


@pytest.mark.parametrize(
    "other", [bare_application(b"b", TEXT), bare_application(b"a", TEXT, 201), bare_application(b"", TEXT)]
)
def test_a_response_that_differs_from_the_bare_one_is_rejected(other: Any) -> None:
    with pytest.raises(ResponsesDiffer):
        compare(bare_application(b"a", TEXT), other)


def test_frameworks_that_send_other_media_types_are_rejected() -> None:
    with pytest.raises(ResponsesDiffer, match="media types"):
        compare(bare_application(b"a", TEXT), bare_application(b"a", TEXT), bare_application(b"a", b"text/html"))


def test_what_is_not_expected_is_rejected_though_all_agree() -> None:
    with pytest.raises(ResponsesDiffer, match="bare responded"):
        compare(bare_application(b"a", TEXT), request=BenchmarkRequest(expected=b"b"))


def test_json_is_compared_by_its_value_and_events_by_their_fields() -> None:
    compare(bare_application(b'{"a": 1}', TEXT), bare_application(b'{"a":1}', TEXT), compared=json_value)
    with pytest.raises(ResponsesDiffer):
        compare(bare_application(b'{"a": 1}', TEXT), bare_application(b'{"a":2}', TEXT), compared=json_value)
    first, second = b"id: 1\r\ndata: x\r\n\r\n", b"data:x\nid:1\n\n"
    compare(bare_application(first, TEXT), bare_application(second, TEXT), compared=events)
    with pytest.raises(ResponsesDiffer):
        compare(bare_application(first, TEXT), bare_application(b"data:y\nid:1\n\n", TEXT), compared=events)


def test_misses_are_compared_by_their_status() -> None:
    request = BenchmarkRequest(status=404)
    missed = bare_application(b"Not Found", TEXT, 404)
    compare(missed, bare_application(b"{}", b"application/json", 404), request=request, compared=status_alone)
    with pytest.raises(ResponsesDiffer):
        compare(missed, bare_application(b"Not Found", TEXT), request=request, compared=status_alone)


def test_a_client_that_stays_sends_its_body_and_then_waits() -> None:
    async def received() -> list[Any]:
        receive = receiver(BenchmarkRequest(bodies=(b"a", b"b"), client_stays=True))()
        messages = [await receive(), await receive()]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.01)
        return [(message["body"], message["more_body"]) for message in messages]

    assert asyncio.run(received()) == [(b"a", True), (b"b", False)]


def test_a_client_that_stays_leaves_once_it_has_the_whole_response() -> None:
    async def received() -> Any:
        receive, send = channels(BenchmarkRequest(client_stays=True))()
        await receive()
        waiting = asyncio.ensure_future(receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await asyncio.sleep(0)
        assert not waiting.done()
        await send({"type": "http.response.body", "body": b"b"})
        return await waiting

    assert asyncio.run(received()) == {"type": "http.disconnect"}


def test_a_contestant_that_never_ends_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(frame, "LONGEST", 0.05)
    with pytest.raises(ResponsesDiffer, match=r"peer0 has not come to the end of GET / after 0\.05 seconds"):
        compare(bare_application(b"a", TEXT), waits)


FIGURES = {
    "plaintext": {BARE: 2e-6, **{peer: (number + 1) * 1e-5 for number, peer in enumerate(PEERS)}},
    "of a few": {BARE: 1.0, "armillary": 1.0, "starlette": 1.0},
}


def test_the_table_has_the_cases_of_all_frameworks_as_shares_of_starlette() -> None:
    lines = markdown(FIGURES, "Python 3", MICROSECONDS).splitlines()
    assert lines[2].startswith("| plaintext | 2.0 | 10.0 (0.50) | 20.0 (1.00) | 30.0 (1.50) |")
    assert not any("of a few" in line for line in lines)
    assert "falcon *" in lines[0]


def test_the_picture_is_an_svg_with_a_bar_for_each_framework() -> None:
    root = ElementTree.fromstring(picture(FIGURES, "<Python>", INSTRUCTIONS))
    bars = root.findall("{http://www.w3.org/2000/svg}rect")
    assert [bar.get("class") for bar in bars] == list(PEERS)
    widths = [int(bar.get("width", "")) for bar in bars]
    assert widths[0] * 2 == widths[1]
    assert widths[-1] < 320  # cut


def test_every_framework_has_its_program_and_a_version_to_install() -> None:
    for peer in PEERS:
        text = (ROOT / "benchmarks" / "peers" / f"{peer}.py").read_text("utf-8")
        assert "def application()" in text
        assert "def thousand_routes()" in text


def test_an_unknown_subject_is_rejected_with_those_there_are() -> None:
    command = [sys.executable, "-c", "import sys; sys.argv[1:] = ['--subject', 'x']; import run; run._arguments()"]
    done = subprocess.run(command, cwd=ROOT / "benchmarks", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "small_responses" in done.stderr
