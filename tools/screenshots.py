"""Take the pictures of the examples and of the debug page that the documentation shows, with Debian's Chromium.

Usage: `python tools/screenshots.py [EXAMPLE ... | debug-page]`. Needs chromium, playwright and pillow. Run it when a
page has changed, and look at the pictures.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright
from serve import example_names
from testkit import free_port, wait_for_port

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "assets" / "examples"
FIRST_PAGES = {"stars": "docs", "board": "login"}
SIZE = {"width": 960, "height": 600}
WIDTH = 640


def post_notes(page: Any) -> None:
    """Log in to the board, and pin a note."""
    page.fill("input[name=name]", "Ada")
    page.click("button")
    page.fill("#write [name=note]", "Vega is up at ten.")
    page.click("#write button")


def say(page: Any) -> None:
    """Enter the chat, and say something."""
    for text in ("Ada", "Vega is up!"):
        page.fill("input:visible >> nth=-1", text)
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)


PASTE = """text => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true}));
}"""
"""Paste a text where the page has its focus."""


def run_query(page: Any) -> None:
    """Run a query in GraphiQL."""
    page.click(".graphiql-query-editor .monaco-editor")
    page.keyboard.press("Control+A")
    # Pasted: to each brace that is typed, also at once, the editor adds another.
    page.evaluate(PASTE, "{\n  books {\n    title\n    author { name }\n  }\n}")
    page.click("button.graphiql-execute-button")


DEBUG_PAGE = "debug-page"
BROKEN = """from armillary.web import Armillary, Route

STARS = {1: "Sirius", 2: "Vega"}


async def show_star(number: int) -> str:
    name = STARS[number]
    return name.upper()


app = Armillary(debug=True, routes=[Route("/stars/{number:int}", show_star)])
"""
"""What the debug page is shown of."""

ACTIONS: dict[str, Callable[[Any], None]] = {"board": post_notes, "chat": say, "graphql": run_query}


def take(name: str, browser: Any) -> None:
    """Serve an example in an empty folder, and keep a picture of its first page."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="armillary-example-") as folder:
        command = [sys.executable, str(ROOT / "tools" / "serve.py"), name, "--port", str(port)]
        path, target = FIRST_PAGES.get(name, ""), PICTURES / f"{name}.webp"
        if name == DEBUG_PAGE:
            (Path(folder) / "app.py").write_text(BROKEN, "utf-8")
            command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port)]
            path, target = "stars/7", PICTURES.parent / f"{name}.webp"
        server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for_port(port, server)
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            page.goto(f"http://127.0.0.1:{port}/{path}", wait_until="load")
            ACTIONS.get(name, lambda page: None)(page)
            page.wait_for_timeout(1500)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            page.close()
        finally:
            server.terminate()
            server.wait(10)
    height = round(picture.height * WIDTH / picture.width)
    picture.resize((WIDTH, height), Image.Resampling.LANCZOS).save(target, quality=70, method=6)


def main() -> None:
    """Take the pictures that the command line names, or all."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("screenshots: chromium is not installed; run: apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name in sys.argv[1:] or [*example_names(), DEBUG_PAGE]:
            take(name, browser)
        browser.close()


if __name__ == "__main__":
    main()
