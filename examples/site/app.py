"""A site: pages from templates, assets compressed beforehand, and a single-page app that owns its addresses."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from armillary.web import (
    Armillary,
    HTTPException,
    Jinja2Templates,
    JSONResponse,
    Middleware,
    Mount,
    Request,
    Response,
    Route,
    SecurityHeadersMiddleware,
    StaticFiles,
)

HERE = Path(__file__).parent


class Star(NamedTuple):
    """A bright star: right ascension in hours, declination in degrees, distance in light years."""

    name: str
    constellation: str
    magnitude: float
    light_years: float
    colour: str
    hours: float
    degrees: float


STARS = (
    Star("Sirius", "Canis Major", -1.46, 8.6, "white", 6.75, -16.7),
    Star("Canopus", "Carina", -0.74, 310, "white", 6.40, -52.7),
    Star("Arcturus", "Boötes", -0.05, 36.7, "orange", 14.26, 19.2),
    Star("Vega", "Lyra", 0.03, 25.0, "white", 18.62, 38.8),
    Star("Capella", "Auriga", 0.08, 42.9, "yellow", 5.28, 46.0),
    Star("Rigel", "Orion", 0.13, 860, "blue", 5.24, -8.2),
    Star("Procyon", "Canis Minor", 0.34, 11.5, "yellow", 7.66, 5.2),
    Star("Betelgeuse", "Orion", 0.50, 550, "orange", 5.92, 7.4),
    Star("Altair", "Aquila", 0.76, 16.7, "white", 19.85, 8.9),
    Star("Aldebaran", "Taurus", 0.86, 65.3, "orange", 4.60, 16.5),
    Star("Spica", "Virgo", 0.97, 250, "blue", 13.42, -11.2),
    Star("Antares", "Scorpius", 1.06, 550, "orange", 16.49, -26.4),
    Star("Pollux", "Gemini", 1.14, 33.8, "orange", 7.76, 28.0),
    Star("Deneb", "Cygnus", 1.25, 2600, "white", 20.69, 45.3),
    Star("Regulus", "Leo", 1.36, 79.3, "blue", 10.14, 12.0),
)
COLOURS = ("blue", "white", "yellow", "orange")

static = StaticFiles(directory=HERE / "assets", memory=1024 * 1024)
sky = StaticFiles(directory=HERE / "sky", html="spa")
templates = Jinja2Templates(
    HERE / "templates", static=static, context_processors=[lambda request: {"path": request.url.path}]
)


async def home(request: Request) -> Response:
    """The whole page or, for the script on it, the rows of its table alone."""
    colour = request.query_params.get("colour", "")
    shown = [star for star in STARS if colour in ("", star.colour)]
    block = "rows" if request.headers.get("x-fragment") == "rows" else None
    context = {"stars": shown, "colours": COLOURS, "chosen": colour}
    response = templates.TemplateResponse(request, "home.html", context, block=block)
    response.headers.add_vary_header("x-fragment")
    return response


async def star(request: Request) -> Response:
    name = request.path_params["name"]
    for found in STARS:
        if found.name.lower() == name.lower():
            return templates.TemplateResponse(request, "star.html", {"star": found})
    raise HTTPException(404)


async def star_list(request: Request) -> Response:
    return JSONResponse([found._asdict() for found in STARS])


async def http_error(request: Request, exc: HTTPException) -> Response:
    return templates.TemplateResponse(request, "error.html", {"status": exc.status_code}, exc.status_code, exc.headers)


app = Armillary(
    routes=[
        Route("/", home, name="home"),
        Route("/stars/{name}", star, name="star"),
        Route("/stars.json", star_list, name="star-list"),
        Mount("/static", static, name="static"),
        Mount("/sky", sky, name="sky"),
    ],
    middleware=[
        Middleware(
            SecurityHeadersMiddleware,
            content_security_policy={
                "default-src": ["'self'"],
                "script-src": ["'self'", "'nonce'"],
                "base-uri": ["'self'"],
                "frame-ancestors": ["'none'"],
            },
        )
    ],
    exception_handlers={HTTPException: http_error},
)
