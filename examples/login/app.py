"""A private notebook: log in, write, log out, with the session on the server and every form protected."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from armillary.asgi_types import reason_phrase
from armillary.authentication import SessionBackend, same_secret
from armillary.sessions import MemoryStore, ServerSessionMiddleware
from armillary.web import (
    Armillary,
    AuthenticationMiddleware,
    BaseUser,
    CSRFMiddleware,
    HTTPException,
    Jinja2Templates,
    Middleware,
    Mount,
    RedirectResponse,
    Request,
    Response,
    Route,
    SecurityHeadersMiddleware,
    SimpleUser,
    StaticFiles,
    requires,
    run_in_threadpool,
)

HERE = Path(__file__).parent
LONGEST_NOTE = 280
SENTENCES = {
    403: "This is for those who are logged in.",
    404: "There is no page at this address.",
    405: "This address takes another method.",
}


def digest(password: str, salt: str) -> str:
    """Return the scrypt hash of a password; it takes its time on purpose."""
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=1).hex()


# By name: salt and hash. Real accounts are in a database.
ACCOUNTS = {
    "ada": ("5b1c", digest("analytical engine", "5b1c")),
    "grace": ("e07d", digest("first actual bug", "e07d")),
}
UNKNOWN_ACCOUNT = ("0000", digest("", "0000"))

notebooks: dict[str, list[str]] = defaultdict(list)
static = StaticFiles(directory=HERE / "assets")
templates = Jinja2Templates(HERE / "templates", static=static)


async def load_user(name: Any) -> BaseUser | None:
    return SimpleUser(name) if name in ACCOUNTS else None


async def check_password(name: str, password: str) -> bool:
    """Return whether name and password match, in the same time for an unknown name."""
    salt, expected = ACCOUNTS.get(name, UNKNOWN_ACCOUNT)
    given = await run_in_threadpool(digest, password, salt)
    return same_secret(given, expected) and name in ACCOUNTS


def path_on_this_site(address: str) -> str:
    """Return the path of an address to go on to; the notebook's for any other site.

    Only the path and query are kept, and a browser reads "//host" and "/\\host" as another site.
    """
    parts = urlsplit(address)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


@requires("authenticated", redirect="login")
async def notebook(request: Request) -> Response:
    notes = notebooks[request.user.identity]
    return templates.TemplateResponse(request, "notebook.html", {"notes": notes, "longest": LONGEST_NOTE})


@requires("authenticated")
async def write(request: Request) -> Response:
    async with request.form() as form:
        note = str(form.get("note", "")).strip()
    if not 0 < len(note) <= LONGEST_NOTE:
        raise HTTPException(400, f"A note has between 1 and {LONGEST_NOTE} characters.")
    notebooks[request.user.identity].append(note)
    return RedirectResponse(request.url_for("notebook").path, 303)


async def login(request: Request) -> Response:
    onward = path_on_this_site(request.query_params.get("next", "/"))
    if request.method != "POST":
        return templates.TemplateResponse(request, "login.html", {"next": onward})
    async with request.form() as form:
        name, password = str(form.get("name", "")), str(form.get("password", ""))
    if not await check_password(name, password):
        context = {"next": onward, "name": name, "wrong": True}
        return templates.TemplateResponse(request, "login.html", context, 403)
    request.session["user"] = name
    request.session.rotate()
    return RedirectResponse(onward, 303)


async def logout(request: Request) -> Response:
    request.session.destroy()
    return RedirectResponse(request.url_for("login").path, 303)


async def http_error(request: Request, exc: HTTPException) -> Response:
    sentence = SENTENCES.get(exc.status_code, exc.detail or "")
    context = {"status": exc.status_code, "phrase": reason_phrase(exc.status_code), "sentence": sentence}
    return templates.TemplateResponse(request, "error.html", context, exc.status_code, exc.headers)


app = Armillary(
    routes=[
        Route("/", notebook, name="notebook"),
        Route("/notes", write, methods=["POST"], name="write"),
        Route("/login", login, methods=["GET", "POST"], name="login"),
        Route("/logout", logout, methods=["POST"], name="logout"),
        Mount("/static", static, name="static"),
    ],
    middleware=[
        Middleware(
            SecurityHeadersMiddleware,
            content_security_policy={
                "default-src": ["'self'"],
                "img-src": ["'self'", "data:"],
                "base-uri": ["'none'"],
                "form-action": ["'self'"],
                "frame-ancestors": ["'none'"],
            },
        ),
        Middleware(CSRFMiddleware),
        Middleware(ServerSessionMiddleware, MemoryStore(), idle_timeout=30 * 60, absolute_timeout=12 * 60 * 60),
        Middleware(AuthenticationMiddleware, SessionBackend(load_user)),
    ],
    exception_handlers={HTTPException: http_error},
)
