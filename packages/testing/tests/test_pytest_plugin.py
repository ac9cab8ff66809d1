"""The fixtures of the plugin, in projects of their own."""

from __future__ import annotations

import pytest

CONFTEST = """
import pytest

pytest_plugins = ["armillary.testing.pytest_plugin"]
steps = []


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        steps.append("startup")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        steps.append("shutdown")
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": repr((scope["server"], steps)).encode()})


@pytest.fixture
def app():
    return application
"""


@pytest.fixture(autouse=True)
def only_needed_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "anyio.pytest_plugin", "-W", "error", *arguments)


def test_client_runs_the_lifespan_around_each_test(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        """
        def test_first(client):
            assert client.get("/").text == "(['testserver', 80], ['startup'])"

        def test_second(client):
            assert client.get("/").text.endswith("['startup', 'shutdown', 'startup'])")
        """
    )
    run(pytester).assert_outcomes(passed=2)


def test_async_client_runs_on_the_loop_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.anyio
        async def test_fetch(async_client):
            response = await async_client.get("/")
            assert "startup" in response.text
        """
    )
    run(pytester).assert_outcomes(passed=2)


def test_options_of_the_clients_are_a_fixture(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def client_options():
            return {"base_url": "https://example.org"}

        def test_fetch(client):
            assert "['example.org', 443]" in client.get("/").text
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_without_an_app_fixture_the_error_says_what_to_define(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_fetch(client): ...")
    result = run(pytester, "-p", "armillary.testing.pytest_plugin")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*needs a fixture named 'app' that returns your ASGI application*"])


def test_nothing_is_defined_without_opting_in(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_fetch(client): ...")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'client' not found*"])
