"""Programs of security, each as a page of FastAPI's tutorial has one."""

import base64
import hashlib
import hmac
import json
import time
from typing import Annotated

import msgspec

from armillary.web import (
    Armillary,
    AuthCredentials,
    AuthenticationMiddleware,
    BasicBackend,
    BearerBackend,
    Depends,
    Form,
    Header,
    HTTPException,
    Middleware,
    OpenAPI,
    Requires,
    SimpleUser,
    TestClient,
)


class Observer(msgspec.Struct):
    username: str
    disabled: bool = False
    scopes: list[str] = []


OBSERVERS = {"ada": Observer("ada", scopes=["stars:read"]), "eve": Observer("eve", disabled=True)}
SIGNED_IN = {"authorization": "Bearer ada"}


async def known(token: str) -> tuple[AuthCredentials, SimpleUser] | None:
    observer = OBSERVERS.get(token)
    if observer is None or observer.disabled:
        return None
    return AuthCredentials(["authenticated", *observer.scopes]), SimpleUser(token)


def test_a_bearer_token_is_required_and_the_document_says_so() -> None:
    app = Armillary(middleware=[Middleware(AuthenticationMiddleware, BearerBackend(known))], openapi=OpenAPI())

    @app.get("/stars")
    async def stars(user: SimpleUser) -> list[str]:
        return ["Vega"]

    client = TestClient(app)
    assert client.get("/stars", headers=SIGNED_IN).json() == ["Vega"]
    rejected = client.get("/stars")
    assert (rejected.status_code, rejected.headers["www-authenticate"].split()[0]) == (401, "Bearer")
    document = client.get("/openapi.json").json()
    assert document["paths"]["/stars"]["get"]["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}


def test_the_current_user_is_a_dependency() -> None:
    async def current(authorization: Annotated[str, Header()]) -> Observer:
        observer = OBSERVERS.get(authorization.removeprefix("Bearer "))
        if observer is None:
            raise HTTPException(401, "Not authenticated", headers={"WWW-Authenticate": "Bearer"})
        return observer

    async def active(observer: Annotated[Observer, Depends(current)]) -> Observer:
        if observer.disabled:
            raise HTTPException(400, "Inactive user")
        return observer

    app = Armillary()

    @app.get("/me")
    async def me(observer: Annotated[Observer, Depends(active)]) -> Observer:
        return observer

    client = TestClient(app)
    assert client.get("/me", headers=SIGNED_IN).json()["username"] == "ada"
    assert client.get("/me", headers={"authorization": "Bearer eve"}).json()["detail"] == "Inactive user"
    assert client.get("/me", headers={"authorization": "Bearer mallory"}).status_code == 401


def test_the_user_is_a_parameter_by_its_type() -> None:
    async def check(token: str) -> SimpleUser | None:
        return SimpleUser(token) if token == "ada" else None

    app = Armillary(middleware=[Middleware(AuthenticationMiddleware, BearerBackend(check))])

    @app.get("/me")
    async def me(user: SimpleUser) -> str:
        return user.display_name

    client = TestClient(app)
    assert client.get("/me", headers=SIGNED_IN).json() == "ada"
    assert client.get("/me").status_code == 401


def test_a_password_is_exchanged_for_a_signed_token_that_expires() -> None:
    key = b"a secret of this test"

    def sign(claims: dict[str, object]) -> str:
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
        return f"{payload}.{hmac.new(key, payload.encode(), hashlib.sha256).hexdigest()}"

    async def check(token: str) -> SimpleUser | None:
        payload, _, signature = token.partition(".")
        expected = hmac.new(key, payload.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            return None
        claims = json.loads(base64.urlsafe_b64decode(payload))
        return SimpleUser(claims["sub"]) if claims["exp"] > time.time() else None

    class Token(msgspec.Struct):
        access_token: str
        token_type: str = "bearer"

    app = Armillary(middleware=[Middleware(AuthenticationMiddleware, BearerBackend(check))])

    @app.post("/token")
    async def token(username: Annotated[str, Form()], password: Annotated[str, Form()]) -> Token:
        if (username, password) != ("ada", "secret"):
            raise HTTPException(401, "Incorrect username or password")
        return Token(sign({"sub": username, "exp": time.time() + 60}))

    @app.get("/me", dependencies=[Requires("authenticated")])
    async def me(user: SimpleUser) -> str:
        return user.display_name

    client = TestClient(app)
    assert client.post("/token", data={"username": "ada", "password": "x"}).status_code == 401
    issued = client.post("/token", data={"username": "ada", "password": "secret"}).json()
    assert client.get("/me", headers={"authorization": f"Bearer {issued['access_token']}"}).json() == "ada"
    assert client.get("/me", headers={"authorization": f"Bearer {issued['access_token']}0"}).status_code == 401
    expired = sign({"sub": "ada", "exp": 0})
    assert client.get("/me", headers={"authorization": f"Bearer {expired}"}).status_code == 401


def test_scopes_say_who_may_do_what() -> None:
    app = Armillary(middleware=[Middleware(AuthenticationMiddleware, BearerBackend(known))])

    @app.get("/stars", dependencies=[Requires("stars:read")])
    async def stars(granted: AuthCredentials) -> list[str]:
        return list(granted.scopes)

    @app.post("/stars", dependencies=[Requires("stars:write")])
    async def add() -> None: ...

    client = TestClient(app)
    assert "stars:read" in client.get("/stars", headers=SIGNED_IN).json()
    assert client.post("/stars", headers=SIGNED_IN).status_code == 403
    assert client.post("/stars").status_code == 401


def test_basic_credentials() -> None:
    async def check(username: str, password: str) -> SimpleUser | None:
        return SimpleUser(username) if (username, password) == ("ada", "secret") else None

    app = Armillary(middleware=[Middleware(AuthenticationMiddleware, BasicBackend(check))])

    @app.get("/me")
    async def me(user: SimpleUser) -> str:
        return user.display_name

    client = TestClient(app)
    assert client.get("/me", auth=("ada", "secret")).json() == "ada"
    assert client.get("/me", auth=("ada", "wrong")).headers["www-authenticate"].startswith("Basic")


def test_an_api_key_in_a_header() -> None:
    async def api_key(x_key: Annotated[str | None, Header()] = None) -> str:
        if x_key != "s3cret":
            raise HTTPException(403, "Not authenticated")
        return x_key

    app = Armillary()

    @app.get("/stars")
    async def stars(key: Annotated[str, Depends(api_key)]) -> list[str]:
        return ["Vega"]

    client = TestClient(app)
    assert client.get("/stars", headers={"x-key": "s3cret"}).json() == ["Vega"]
    assert client.get("/stars").status_code == 403
