"""Records of the access log among the rest of the standard `logging` module, and the formatters."""

from __future__ import annotations

import copy
import json
import logging
import logging.config
import pickle
import threading
from logging.handlers import QueueHandler
from queue import SimpleQueue
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.logging import (
    AccessLogMiddleware,
    JSONFormatter,
    LineFormatter,
    RequestIDFilter,
    current_request_id,
    logging_config,
)


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.fixture
async def record(connection: Any, logger: Any, records: list[Any]) -> Any:
    await connection(path="/stars", headers=[(b"x-request-id", b"a1")]).call(AccessLogMiddleware(hello, logger))
    return records[0]


LINE = '192.0.2.1 "GET /stars" 200 complete 5 bytes'

pytestmark = pytest.mark.anyio


async def test_a_record_has_all_that_the_standard_ones_have(record: Any) -> None:
    standard = logging.LogRecord("a", 20, "b", 1, "c", (), None)
    assert vars(standard).keys() <= vars(record).keys()
    for name, value in vars(standard).items():
        if name not in ("args",) and value is not None:
            assert type(vars(record)[name]) is type(value), name
    assert record.process == standard.process
    assert (record.thread, record.threadName) == (threading.get_ident(), threading.current_thread().name)
    assert abs(record.created - standard.created) < 10
    assert abs(record.relativeCreated - standard.relativeCreated) < 10_000
    assert abs(record.msecs - record.created % 1 * 1000) < 2


async def test_any_format_of_the_standard_formatter_works(record: Any) -> None:
    form = "%(levelname)s %(name)s %(process)d %(threadName)s %(lineno)d %(status)d %(request_id)s %(message)s"
    assert LINE in logging.Formatter(form).format(record)
    assert "200 a1" in logging.Formatter(form).format(record)
    assert logging.Formatter("{method}", style="{").format(record) == "GET"


async def test_a_record_passes_through_queues_copies_and_pickles(record: Any) -> None:
    queue: SimpleQueue[Any] = SimpleQueue()
    QueueHandler(queue).handle(record)  # type: ignore[arg-type]
    pickled = pickle.loads(pickle.dumps(record))  # noqa: S301
    for passed in (queue.get(), pickled, copy.deepcopy(record)):
        assert LINE in passed.getMessage()
        assert (passed.status, passed.request_id) == (200, "a1")


async def test_a_filter_may_replace_the_text(record: Any) -> None:
    record.msg, record.args = "100% hidden", ()
    assert record.getMessage() == "100% hidden"


async def test_the_programs_own_record_factory_is_used(connection: Any, logger: Any, records: list[Any]) -> None:
    class Own(logging.LogRecord):
        colour = "blue"

    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(Own)
    try:
        await connection(path="/stars").call(AccessLogMiddleware(hello, logger))
    finally:
        logging.setLogRecordFactory(before)
    assert isinstance(records[0], Own)
    assert (records[0].colour, records[0].status, records[0].path) == ("blue", 200, "/stars")
    assert LINE in records[0].getMessage()


async def test_json_has_the_fields_of_the_access_log(record: Any) -> None:
    line = json.loads(JSONFormatter({"service": "shop"}).format(record))
    assert line["level"] == "INFO"
    assert line["message"].startswith(LINE)
    assert (line["request_id"], line["status"], line["path"], line["service"]) == ("a1", 200, "/stars", "shop")
    assert not {"args", "threadName"} & line.keys()


def made(**attributes: Any) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "app", "levelname": "INFO", "levelno": 20, "created": 0.0, **attributes})


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.text(st.characters(exclude_categories=[])), JSON_VALUES)
async def test_json_is_one_line_of_ascii_for_any_text_and_value(text: str, value: Any) -> None:
    line = JSONFormatter().format(made(msg="%s", args=(text,), detail=value))
    assert line.isascii()
    assert line.isprintable()
    read = json.loads(line)
    assert read["message"] == text.encode("utf-8", "backslashreplace").decode()
    assert "detail" in read
    json.dumps(read, ensure_ascii=False).encode("utf-8")


async def test_json_of_what_json_does_not_know() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

    loop: list[Any] = []
    loop.append(loop)
    for value, shown in ((Broken(), "<Broken>"), ({1, 2}, "{1, 2}"), (loop, "[[...]]"), (float("nan"), "nan")):
        assert json.loads(JSONFormatter().format(made(msg="m", detail=value)))["detail"] == shown
    assert json.loads(JSONFormatter().format(made(msg="m", detail={(1, 2): 3})))["detail"] == "{(1, 2): 3}"


async def test_a_line_whose_text_cannot_be_filled_in_is_written_all_the_same() -> None:
    record = logging.makeLogRecord({"msg": "a%d\n%s", "args": ("x",), "levelname": "INFO"})
    entry = json.loads(JSONFormatter().format(record))
    assert entry["message"].startswith("a%d\n%s ('x',)")


async def test_extra_fields_do_not_replace_the_facts_of_a_line_and_are_renamed() -> None:
    line = json.loads(JSONFormatter({"level": "fixed"}).format(made(msg="m", time="then", level="none", logger="x")))
    assert (line["level"], line["logger"], line["time"]) == ("INFO", "app", "1970-01-01T00:00:00.000Z")
    assert (line["extra_time"], line["extra_logger"], line["extra_level"]) == ("then", "x", "fixed")
    assert line["extra_extra_level"] == "none"


@pytest.mark.parametrize("filtered", [True, False])
async def test_an_id_given_by_extra_does_not_replace_the_real_one(filtered: bool) -> None:
    token = current_request_id.set("real")
    try:
        record = made(msg="m", request_id="other")
        if filtered:
            RequestIDFilter().filter(record)
        line = json.loads(JSONFormatter().format(record))
        assert (line["request_id"], line["extra_request_id"]) == ("real", "other")
        assert "[real] m" in LineFormatter().format(record)
    finally:
        current_request_id.reset(token)


async def test_the_id_of_a_record_is_kept_for_a_thread_that_serves_no_request() -> None:
    token = current_request_id.set("real")
    record = made(msg="m", request_id="other")
    RequestIDFilter().filter(record)
    current_request_id.reset(token)
    line = json.loads(JSONFormatter().format(record))
    assert (line["request_id"], line["extra_request_id"]) == ("real", "other")


@pytest.mark.parametrize("form", ["json", "text"])
async def test_one_exception_is_one_traceback(form: Any, capsys: Any) -> None:
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    try:
        logging.config.dictConfig(logging_config(form))
        for name in ("armillary.errors", "uvicorn.error"):
            for error in (ERROR, OSError(name)):
                logging.getLogger(name).error("Exception in ASGI application", exc_info=error)
    finally:
        root.setLevel(before[0])
        root.handlers[:] = before[1]
        logging.getLogger("uvicorn.access").setLevel(logging.NOTSET)
    written = capsys.readouterr().err
    assert written.count("KeyError: 'once'") == 1
    assert written.count("OSError: armillary.errors") == 1
    assert written.count("OSError: uvicorn.error") == 1


ERROR = KeyError("once")


async def test_the_programs_own_lines_have_the_request_id() -> None:
    token = current_request_id.set("a1")
    try:
        assert json.loads(JSONFormatter().format(made(msg="m")))["request_id"] == "a1"
        assert "[a1] m" in LineFormatter().format(made(msg="m"))
    finally:
        current_request_id.reset(token)
    assert "request_id" not in json.loads(JSONFormatter().format(made(msg="m")))
    assert "[-] m" in LineFormatter().format(made(msg="m"))


def failed_record() -> logging.LogRecord:
    try:
        raise ValueError("no\n2026-01-01 INFO forged \x1b[2J")
    except ValueError as exc:
        return made(msg="failed", exc_info=(type(exc), exc, exc.__traceback__), stack_info="Stack:\n  here")


async def test_a_traceback_is_inside_its_json_line() -> None:
    line = json.loads(JSONFormatter().format(failed_record()))
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("forged \x1b[2J")
    assert line["stack"] == "Stack:\n  here"


async def test_log_injection_through_the_text_of_an_exception() -> None:
    first, *rest = LineFormatter().format(failed_record()).split("\n")
    assert first.endswith("failed")
    assert len(rest) > 3
    assert all(line.startswith("    ") and line.isprintable() for line in rest)


async def test_another_handlers_traceback_is_indented_all_the_same() -> None:
    record = failed_record()
    logging.Formatter().format(record)
    assert all(line.startswith("    ") for line in LineFormatter().format(record).split("\n")[1:])
    assert json.loads(JSONFormatter().format(record))["exception"].startswith("Traceback")
    cached = made(msg="failed", exc_text="Traceback\nINFO forged")
    assert LineFormatter("%(message)s").format(cached) == "failed\n    Traceback\n    INFO forged"
    assert cached.exc_text == "Traceback\nINFO forged"


@given(st.text(st.characters(exclude_categories=[])))
async def test_log_injection_through_a_line_of_the_program(text: str) -> None:
    line = LineFormatter("%(message)s").format(made(msg="user %s", args=(text,)))
    assert line.isprintable()


async def test_bad_configuration_is_rejected_at_construction() -> None:
    with pytest.raises(TypeError, match="fields must be a mapping"):
        JSONFormatter(["a"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="JSON"):
        JSONFormatter({"a": object()})
    with pytest.raises(ValueError, match="form must be 'json' or 'text'"):
        logging_config("xml")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="level must be the name of a level"):
        logging_config("json", "LOUD")
    with pytest.raises(ValueError, match="needs its own fmt"):
        LineFormatter(style="{")


@pytest.mark.parametrize("form", ["json", "text"])
async def test_the_configuration_is_one_that_logging_takes(form: Any, capsys: Any) -> None:
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    try:
        logging.config.dictConfig(logging_config(form))
        logging.getLogger("app").info("a\nb")
        logging.getLogger("app").debug("hidden")
        logging.getLogger("uvicorn.access").info("hidden")
    finally:
        root.setLevel(before[0])
        root.handlers[:] = before[1]
        logging.getLogger("uvicorn.access").setLevel(logging.NOTSET)
    (line,) = capsys.readouterr().err.splitlines()
    assert "a\\nb" in line
    assert (json.loads(line)["message"] == "a\nb") if form == "json" else "INFO app [-]" in line
