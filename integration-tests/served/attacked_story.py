"""A page that is compressed, and a form that reports its files."""

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.compression import CompressionMiddleware
from armillary.http import PlainTextResponse, Request, UploadFile
from armillary.routing import Route


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("page " * 1000)


async def upload(request: Request) -> PlainTextResponse:
    async with request.form() as form:
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        return PlainTextResponse(f"{len(files)} files of {sum(file.size or 0 for file in files)} bytes")


app = Armillary(
    routes=[Route("/", page), Route("/upload", upload, methods=["POST"])],
    middleware=[Middleware(CompressionMiddleware)],
)
