"""Response classes and the options of response models, for values of many kinds."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from driving import get  # type: ignore[import-not-found]
from fastapi import (
    Depends,
    FastAPI,
    Response,
)
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, computed_field, field_serializer, model_serializer


class Color(StrEnum):
    red = "RED"


class Base(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    id: int = Field(alias="theId", serialization_alias="outId", default=0)
    secret: str = "s"
    maybe: float | None = None
    color: Color = Color.red
    tags: set[int] = {1}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        return self.id * 2

    @field_serializer("secret")
    def mask(self, value: str) -> str:
        return "*" * len(value)


class Sub(Base):
    extra: str = "extra"


class Odd2(BaseModel):
    a: int = 1

    @model_serializer(mode="wrap")
    def wrapped(self, handler: Any) -> Any:
        return {"wrapped": handler(self)}


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = None


async def run() -> Any:
    app = FastAPI()
    options: list[dict[str, Any]] = [
        {"response_model": Base},
        {"response_model": Base, "response_model_exclude_unset": True},
        {"response_model": Base, "response_model_exclude_defaults": True},
        {"response_model": Base, "response_model_exclude_none": True},
        {"response_model": Base, "response_model_include": {"id", "double"}},
        {"response_model": Base, "response_model_exclude": {"secret"}},
        {"response_model": Base, "response_model_by_alias": False},
        {"response_model": list[Base]},
        {"response_model": dict[str, Base]},
        {"response_model": Base | None},
        {"response_model": Page[Base]},
        {"response_model": None},
        {"response_model": int | str},
        {"response_class": PlainTextResponse},
        {"response_class": HTMLResponse},
        {"response_class": RedirectResponse, "status_code": 303},
        {"status_code": 201},
        {"status_code": 204, "response_model": None},
        {"status_code": 304, "response_model": None},
        {"response_model": Odd2},
        {"response_class": JSONResponse, "response_model": Base},
        {"response_model": Annotated[Base, Field(description="x")]},
    ]
    values: dict[str, Callable[[], Any]] = {
        "model": lambda: Base(theId=2),
        "sub": lambda: Sub(theId=3, maybe=1.5),
        "dict": lambda: {"theId": 4, "other": 1},
        "name": lambda: {"id": 5, "secret": "abc"},
        "none": lambda: None,
        "list": lambda: [Base(theId=1), {"theId": "2"}],
        "text": lambda: "/text",
        "bad": lambda: {"theId": "x"},
        "page": lambda: Page[Base](items=[Base()]),
        "odd": lambda: Odd2(),
        "response": lambda: Response("r", 299, {"x": "y"}),
        "number": lambda: 7,
        "set": lambda: {3},
        "nan": lambda: float("nan"),
        "map": lambda: {"k": Base(theId=9)},
        "generator": lambda: (n for n in range(3)),
        "bytes": lambda: b"b",
        "enum": lambda: Color.red,
    }
    for i, chosen in enumerate(options):
        for name, value in values.items():

            async def endpoint(value: Any = Depends(value)) -> Any:
                return value

            def sync_endpoint(response: Response, value: Any = Depends(value)) -> Any:
                response.headers["x-s"] = "1"
                response.status_code = 203
                return value

            app.get(f"/{i}/{name}", **chosen)(endpoint)
            app.get(f"/s{i}/{name}", **chosen)(sync_endpoint)
    found = []
    for i in range(len(options)):
        for name in values:
            found += [await get(app, f"/{i}/{name}"), await get(app, f"/s{i}/{name}")]
    return found
