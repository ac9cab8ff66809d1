"""Security scopes, along routers and dependencies."""

from typing import Annotated, Any

from driving import get, note  # type: ignore[import-not-found]
from fastapi import (
    APIRouter,
    Depends,
    FastAPI,
    HTTPException,
    Security,
)
from fastapi.security import HTTPBearer, OAuth2PasswordBearer, SecurityScopes


async def run() -> Any:
    app = FastAPI()
    scheme = OAuth2PasswordBearer("token", scopes={"me": "m", "items": "i"}, auto_error=False)
    bearer = HTTPBearer()

    async def user(needed: SecurityScopes, token: Annotated[str | None, Depends(scheme)]) -> Any:
        note(f"scopes {needed.scopes} {needed.scope_str}")
        if not token:
            raise HTTPException(401, "none", headers={"WWW-Authenticate": f'Bearer scope="{needed.scope_str}"'})
        return [token, *needed.scopes]

    async def active(u: Annotated[Any, Security(user, scopes=["me"])]) -> Any:
        return u

    @app.get("/me")
    async def me(u: Annotated[Any, Security(active, scopes=["a"])]) -> Any:
        return u

    @app.get("/twice")
    async def twice(
        a: Annotated[Any, Security(user, scopes=["x"])],
        b: Annotated[Any, Security(user, scopes=["y"])],
        c: Annotated[Any, Depends(user)],
        d: Annotated[Any, Security(user, scopes=["x"])],
    ) -> Any:
        return [a, b, c, d]

    router = APIRouter(dependencies=[Security(user, scopes=["router"])])

    @router.get("/routed", dependencies=[Security(active, scopes=["route"]), Depends(bearer)])
    def routed(s: SecurityScopes) -> Any:
        return s.scopes

    app.include_router(router, prefix="/p", dependencies=[Security(user, scopes=["include"])])
    found = []
    for path in ("/me", "/twice", "/p/routed"):
        for headers in (
            {},
            {"authorization": "Bearer t"},
            {"authorization": "bearer t u"},
            {"authorization": "Basic x"},
        ):
            found.append(await get(app, path, **headers))
    app.dependency_overrides[user] = lambda needed=None: "over"
    found.append(await get(app, "/twice"))
    return found
