"""Debian's Chromium for tests of the report."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mtbench.report.html import Content, pages
from tests.integration.conftest import space

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
__all__ = ["space"]  # the fixture

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

SECONDS = 120  # for whatever is waited for: a loaded machine is slow, a broken page is never done

Open = Callable[..., "Page"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a process."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=program, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens a report from disk; in the end nothing may have been said, asked for, or run."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def refuse(dialog: Dialog) -> None:
        trouble.append("a dialog")
        dialog.dismiss()

    def opened(
        folder: Path, place: str = "", *, width: int = 1440, height: int = 900, **more: Any
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * SECONDS)
        page.on("console", lambda said: trouble.append(f"console: {said.type}: {said.text}"))
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on("dialog", refuse)

        def asked(url: str) -> None:
            inside = (folder / "x").parent.as_uri() + "/"
            if not url.startswith((inside, "data:", "blob:", "about:blank")):
                trouble.append(f"request: {url}")

        page.on("request", lambda request: asked(request.url))
        page.goto((folder / "index.html").as_uri() + place)
        page.wait_for_selector("body[data-ready]")
        return page

    yield opened
    for context in contexts:
        for page in context.pages:
            if page.evaluate("window.pwned"):
                trouble.append("a text was run")
        context.close()
    assert not trouble


def until(page: Page, expression: str) -> None:
    """Waits until an expression holds; the page's policy forbids Playwright's own way."""
    end = time.monotonic() + SECONDS
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)


# What each view shows once its data are unpacked.
DRAWN = {"plots": "#figures > *", "segments": "#detail > *", "compare": "#comparison > *"}


def drawn(page: Page, view: str) -> None:
    """Waits until a view that is open shows what it has, and the page has been painted."""
    page.wait_for_selector(f"#view-{view}:not([hidden]) {DRAWN.get(view, '*')}", state="attached")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")


def write(content: Content, folder: Path, **options: Any) -> Path:
    """The files of a report on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(content, **options).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
