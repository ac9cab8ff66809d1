"""The projects whose own tests are run on both: their source distributions, and what their tests need."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProjectSuite:
    """The tests of a project.

    Attributes:
        project: its name, as its source distribution is called.
        version: the release.
        requirements: what its tests need beside it.
        tests: the files or folders to run.
        parts: what is unpacked for them.
        options: for pytest.
        files: what the tests need and the source distribution leaves out: paths, and the text of each.
        random_names: whether names of tests hold tokens of `secrets`, which are others in each run.
    """

    project: str
    version: str
    requirements: tuple[str, ...] = ()
    tests: tuple[str, ...] = ("tests",)
    parts: tuple[str, ...] = ("tests", "pyproject.toml")
    options: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    random_names: bool = False


RESPONDER_FIXTURES = """
import pytest, responder

@pytest.fixture
def api():
    return responder.API(debug=False, allowed_hosts=[";"])

@pytest.fixture
def session(api):
    return api.requests

@pytest.fixture
def url():
    return lambda path: f"http://;{path}"

@pytest.fixture
def template_path(tmpdir):
    file = tmpdir.mkdir("templates").join("test.html")
    file.write("{{ var }}")
    return file

@pytest.fixture
def flask():
    from flask import Flask

    app = Flask(__name__)
    app.route("/")(lambda: "Hello World!")
    return app

@pytest.fixture
def needs_openapi():
    pytest.importorskip("apispec")
"""
"""The fixtures that the tests of responder name, whose distribution has no conftest.py."""

ASYNCIO = ("pytest-asyncio", "asgi-lifespan")

ON_STARLETTE = [
    ProjectSuite("a2wsgi", "1.10.10", ("pytest-asyncio", "baize", "uvicorn")),
    ProjectSuite("asgi_csrf", "0.11", ASYNCIO),
    ProjectSuite("httpx_ws", "0.9.0", ("uvicorn[standard]", "trio")),
    ProjectSuite("mangum", "0.22.0", ("quart", "hypercorn", "brotli", "brotli-asgi", "boto3", "testcontainers")),
    ProjectSuite("msgpack_asgi", "3.0.0", ASYNCIO),
    ProjectSuite(
        "responder",
        "9.2.0",
        (
            *(
                "responder[graphql,jwt,openapi]",
                "cryptography",
                "fakeredis",
                "flask",
                "openapi-spec-validator",
                "pytest-mock",
            ),
            *("pytest-rerunfailures", "pytest-cov", "pueblo[sfa-full]>=0.0.11", "uvicorn", "mypy"),
        ),
        parts=("tests", "examples", "docs", "README.md", "pyproject.toml"),
        files=(("tests/conftest.py", RESPONDER_FIXTURES),),
    ),
    ProjectSuite("sse_starlette", "3.7.0", (*ASYNCIO, "uvicorn", "portend", "psutil", "tenacity", "testcontainers")),
    ProjectSuite("starlette_compress", "2.0.0", ("trio", "zstandard", "pytest-xdist")),
    ProjectSuite("starlette_csrf", "3.0.0", (*ASYNCIO, "httpx<0.28")),
    ProjectSuite(
        "starlette_exporter",
        "0.24.0",
        ("requests", "aiofiles"),
        parts=("tests",),
        files=(("tests/static/test.txt", "text\n"),),
    ),
]

ON_FASTAPI = [
    ProjectSuite(
        "authx",
        "1.7.1",
        (
            *ASYNCIO,
            "dirty-equals",
            "sqlalchemy",
            "freezegun",
            "async-asgi-testclient",
            "redis",
            "requests",
            "websockets",
        ),
    ),
    ProjectSuite(
        "cadwyn",
        "9.0.0",
        (
            *("cadwyn[standard]", "svcs~=24.1", "pytest-fixture-classes", "dirty-equals", "inline-snapshot"),
            *("pydantic-settings", "sqlalchemy", "sqlmodel", "fastapi-pagination", "better-devtools", "pytest-sugar"),
            *("uvicorn", "pytest>=9,<9.1"),
        ),
        parts=("tests", "docs_src", "docs", "pyproject.toml"),
    ),
    ProjectSuite(
        "dishka",
        "1.10.1",
        ASYNCIO,
        tuple(f"tests/integrations/{name}" for name in ("starlette", "fastapi")),
    ),
    ProjectSuite(
        "fastapi_azure_auth",
        "5.3.0",
        (
            *(*ASYNCIO, "pytest-mock", "requests-mock", "pytest-socket", "pytest-dotenv", "pytest-freezer", "trio"),
            *("pytest-httpx2", "openapi-spec-validator", "pydantic-settings", "uvicorn"),
        ),
        parts=("tests", "demo_project", "pyproject.toml"),
    ),
    ProjectSuite(
        "fastapi_pagination",
        "0.16.1",
        (
            *(*ASYNCIO, "faker", "dirty-equals", "flaky", "requests", "jinja2", "uvicorn"),
            *("aiosqlite", "asyncpg", "cassandra-driver", "pymongo", "sqlalchemy"),
        ),
        options=(
            *(f"--{name}-dsn=none" for name in ("mongodb", "postgres", "cassandra", "firestore")),
            "--ignore=tests/ext",
        ),
    ),
    ProjectSuite(
        "fastapi_users",
        "15.0.5",
        ("fastapi-users[sqlalchemy,oauth,redis]", *ASYNCIO, "pytest-mock", "uvicorn"),
        random_names=True,
    ),
    ProjectSuite(
        "piccolo_admin",
        "1.14.0",
        ("piccolo[sqlite,postgres]", "piccolo_api[s3,authenticator]", "moto", "boto3"),
        parts=("tests",),
        files=(
            ("piccolo_conf.py", "from piccolo.engine.sqlite import SQLiteEngine\n\nDB = SQLiteEngine()\n"),
            ("tests/files/bulb.jpg", "a picture\n"),
        ),
    ),
    ProjectSuite(
        "sentry_sdk",
        "2.75.0",
        (*ASYNCIO, "pytest-forked", "jsonschema", "pytest-localserver", "pytest-watch", "responses", "requests"),
        tuple(f"tests/integrations/{name}" for name in ("starlette", "fastapi", "asgi")),
    ),
    ProjectSuite(
        "svcs",
        "26.2.0",
        ("pytest-asyncio", "sybil", "aiohttp", "flask", "sqlalchemy"),
        parts=("tests", "conftest.py", "docs/examples", "pyproject.toml"),
    ),
]
"""Of sentry-sdk and dishka the integrations for Starlette, FastAPI and ASGI."""
