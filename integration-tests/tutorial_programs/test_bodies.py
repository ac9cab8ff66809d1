"""Programs of request bodies and results, each as a page of FastAPI's tutorial has one."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec
import pydantic

from armillary.web import Armillary, Body, JSONResponse, OpenAPI, Query, RedirectResponse, Response, TestClient


class Image(msgspec.Struct):
    url: str
    name: str


class Star(msgspec.Struct):
    name: str
    magnitude: float
    description: str | None = None
    distance: float | None = None
    tags: set[str] = set()
    images: list[Image] | None = None


VEGA = {"name": "Vega", "magnitude": 0.03}


def test_a_body_is_a_model() -> None:
    class Product(pydantic.BaseModel):
        name: str
        price: float
        tax: float | None = None

    app = Armillary()

    @app.put("/products/{number}")
    async def put(number: int, product: Product, q: str | None = None) -> dict[str, Any]:
        total = product.price + (product.tax or 0)
        return {"number": number, **product.model_dump(), "total": total} | ({"q": q} if q else {})

    client = TestClient(app)
    sent = client.put("/products/1?q=x", json={"name": "Lens", "price": 50.0, "tax": 0.5})
    assert sent.json() == {"number": 1, "name": "Lens", "price": 50.0, "tax": 0.5, "total": 50.5, "q": "x"}
    assert client.put("/products/1", json={"price": "x"}).json()["errors"][1]["pointer"] == "/price"


def test_a_body_of_several_models_and_single_values() -> None:
    class Observer(msgspec.Struct):
        username: str

    app = Armillary()

    @app.put("/stars/{number}")
    async def put(number: int, star: Star, observer: Observer, importance: Annotated[int, Body(gt=0)]) -> list[object]:
        return [number, star.name, observer.username, importance]

    client = TestClient(app)
    sent = client.put("/stars/1", json={"star": VEGA, "observer": {"username": "ada"}, "importance": 5})
    assert sent.json() == [1, "Vega", "ada", 5]
    wrong = client.put("/stars/1", json={"star": {}, "importance": 0}).json()["errors"]
    assert [error["pointer"] for error in wrong] == ["/star/name", "/star/magnitude", "/observer", "/importance"]


def test_a_single_body_is_embedded_or_may_be_left_out() -> None:
    app = Armillary()

    @app.put("/embedded")
    async def embedded(star: Annotated[Star, Body(embed=True)]) -> str:
        return star.name

    @app.put("/optional")
    async def optional(star: Star | None = None) -> str:
        return star.name if star else "nothing"

    client = TestClient(app)
    assert client.put("/embedded", json={"star": VEGA}).json() == "Vega"
    assert client.put("/optional").json() == "nothing"
    assert client.put("/optional", json=VEGA).json() == "Vega"


def test_the_fields_of_a_body_have_constraints_descriptions_and_examples() -> None:
    class Item(pydantic.BaseModel):
        name: str = pydantic.Field(examples=["Foo"])
        price: float = pydantic.Field(gt=0, description="The price must be greater than zero")
        model_config = {"json_schema_extra": {"examples": [{"name": "Foo", "price": 35.4}]}}

    app = Armillary()

    @app.put("/items")
    async def put(item: Annotated[Item, Body(embed=True, examples=[{"name": "Bar", "price": 1}])]) -> Item:
        return item

    client = TestClient(app)
    assert (
        client.put("/items", json={"item": {"name": "a", "price": 0}}).json()["errors"][0]["pointer"] == "/item/price"
    )
    schema = OpenAPI(app).document()["components"]["schemas"]["Item"]
    assert schema["properties"]["price"]["description"].startswith("The price")
    assert schema["examples"] == [{"name": "Foo", "price": 35.4}]


def test_bodies_nest_to_any_depth() -> None:
    class Offer(msgspec.Struct):
        name: str
        stars: list[Star]

    app = Armillary()

    @app.post("/offers")
    async def offer(offer: Offer) -> int:
        return sum(len(star.images or ()) + len(star.tags) for star in offer.stars)

    client = TestClient(app)
    image = {"url": "https://example.com/a", "name": "a"}
    stars: list[dict[str, Any]] = [{**VEGA, "tags": ["a", "a", "b"], "images": [image, image]}]
    assert client.post("/offers", json={"name": "o", "stars": stars}).json() == 4
    stars[0]["images"] = [image, {"url": 1, "name": "b"}]
    wrong = client.post("/offers", json={"name": "o", "stars": stars}).json()["errors"]
    assert [error["pointer"] for error in wrong] == ["/stars/0/images/1/url"]


def test_a_body_is_a_list_or_a_mapping() -> None:
    app = Armillary()

    @app.post("/images")
    async def images(images: list[Image]) -> list[str]:
        return [image.name for image in images]

    @app.post("/weights")
    async def weights(weights: dict[int, float]) -> dict[int, float]:
        return weights

    client = TestClient(app)
    assert client.post("/images", json=[{"url": "u", "name": "a"}]).json() == ["a"]
    assert client.post("/weights", json={"2": 2.5}).json() == {"2": 2.5}
    assert client.post("/weights", json={"two": 2.5}).status_code == 422


def test_types_of_pydantic_are_checked_in_a_body() -> None:
    class Link(pydantic.BaseModel):
        url: pydantic.HttpUrl

    app = Armillary()

    @app.post("/links")
    async def add(link: Link) -> Link:
        return link

    client = TestClient(app)
    assert client.post("/links", json={"url": "https://example.com/a"}).json() == {"url": "https://example.com/a"}
    assert client.post("/links", json={"url": "no url"}).status_code == 422


def test_a_dataclass_is_a_body_and_a_result() -> None:
    @dataclass
    class Item:
        name: str
        price: float
        tags: list[str] = field(default_factory=list[str])

    app = Armillary()

    @app.post("/items")
    async def add(item: Item) -> Item:
        return item

    assert TestClient(app).post("/items", json={"name": "a", "price": 1}).json() == {
        "name": "a",
        "price": 1,
        "tags": [],
    }


def test_a_body_updates_only_what_it_holds() -> None:
    class Change(msgspec.Struct):
        name: str | msgspec.UnsetType = msgspec.UNSET
        magnitude: float | msgspec.UnsetType | None = msgspec.UNSET

    stars = {"vega": Star("Vega", 0.03, tags={"blue"})}
    app = Armillary()

    @app.patch("/stars/{key}")
    async def change(key: str, change: Change) -> Star:
        stars[key] = msgspec.structs.replace(stars[key], **msgspec.to_builtins(change))
        return stars[key]

    sent = TestClient(app).patch("/stars/vega", json={"magnitude": 0.1}).json()
    assert (sent["name"], sent["magnitude"], sent["tags"]) == ("Vega", 0.1, ["blue"])


def test_a_pydantic_body_updates_only_what_it_holds() -> None:
    class Item(pydantic.BaseModel):
        name: str | None = None
        price: float | None = None
        tags: list[str] = []

    items = {"a": Item(name="A", price=1, tags=["x"])}
    app = Armillary()

    @app.patch("/items/{key}")
    async def change(key: str, item: Item) -> Item:
        items[key] = items[key].model_copy(update=item.model_dump(exclude_unset=True))
        return items[key]

    assert TestClient(app).patch("/items/a", json={"price": 2}).json() == {"name": "A", "price": 2.0, "tags": ["x"]}


# --- results --------------------------------------------------------------------------------------


def test_the_result_s_type_filters_what_leaves() -> None:
    class Public(pydantic.BaseModel):
        username: str
        full_name: str | None = None

    class Incoming(Public):
        password: str

    app = Armillary()

    @app.post("/observers", status_code=201)
    async def add(observer: Incoming) -> Public:
        return observer

    sent = TestClient(app).post("/observers", json={"username": "ada", "password": "secret"})
    assert (sent.status_code, sent.json()) == (201, {"username": "ada", "full_name": None})


def test_a_result_is_a_union_a_list_or_a_mapping() -> None:
    class Planet(msgspec.Struct, tag=True):
        name: str
        moons: int

    class Comet(msgspec.Struct, tag=True):
        name: str
        period: float

    bodies: dict[str, Planet | Comet] = {"mars": Planet("Mars", 2), "halley": Comet("Halley", 76)}
    app = Armillary()

    @app.get("/bodies/{key}")
    async def show(key: str) -> Planet | Comet:
        return bodies[key]

    @app.get("/bodies")
    async def page() -> list[Planet | Comet]:
        return list(bodies.values())

    @app.get("/weights")
    async def weights() -> dict[str, float]:
        return {"mars": 2.3}

    client = TestClient(app)
    assert client.get("/bodies/halley").json() == {"type": "Comet", "name": "Halley", "period": 76.0}
    assert len(client.get("/bodies").json()) == 2
    assert client.get("/weights").json() == {"mars": 2.3}


def test_a_result_may_leave_out_defaults() -> None:
    class Item(msgspec.Struct, omit_defaults=True):
        name: str
        price: float | None = None
        tags: list[str] = []

    app = Armillary()

    @app.get("/items")
    async def page() -> list[Item]:
        return [Item("a", price=1), Item("b")]

    assert TestClient(app).get("/items").json() == [{"name": "a", "price": 1.0}, {"name": "b"}]


def test_a_result_is_a_response_too() -> None:
    app = Armillary()

    @app.get("/portal")
    async def portal(teleport: bool = False) -> Response:
        if teleport:
            return RedirectResponse("https://example.com/")
        return JSONResponse({"message": "Here is your portal."}, headers={"x-portal": "1"})

    client = TestClient(app, follow_redirects=False)
    assert client.get("/portal").headers["x-portal"] == "1"
    assert client.get("/portal?teleport=1").headers["location"] == "https://example.com/"


def test_the_status_headers_and_cookies_of_a_result_are_set_on_the_way() -> None:
    app = Armillary()

    @app.put("/stars/{key}")
    async def put(key: str, response: Response) -> str:
        response.status_code = 201
        response.headers["x-star"] = key
        response.set_cookie("last", key)
        return key

    sent = TestClient(app).put("/stars/vega")
    assert (sent.status_code, sent.headers["x-star"], sent.cookies["last"]) == (201, "vega", "vega")


def test_an_operation_is_described() -> None:
    app = Armillary()

    @app.post(
        "/stars",
        status_code=201,
        tags=["stars"],
        summary="Add a star",
        responses={201: "The star that was added.", 409: "There is one of this name."},
        deprecated=True,
    )
    async def add(star: Star, kind: Literal["a", "b"] = "a", q: Annotated[str, Query(examples=["x"])] = "") -> Star:
        """Add a star with **all** that is known of it.

        - **name**: each has one.
        """
        return star

    document = OpenAPI(app, "Stars").document()["paths"]["/stars"]["post"]
    assert (document["summary"], document["tags"], document["deprecated"]) == ("Add a star", ["stars"], True)
    assert "**name**" in document["description"]
    assert {*document["responses"]} >= {"201", "409", "422"}
    assert document["responses"]["201"]["description"] == "The star that was added."
