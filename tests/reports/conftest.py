"""A Chromium that Playwright drives, and a page in it that may ask nobody for anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from demarc.model.assessment import Assessment
from demarc.model.report_paths import IntruderPaths
from demarc.reports.beside import Beside
from demarc.reports.html import render_html

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("DEMARC_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        message = "no Chromium: install the package chromium, or name one in DEMARC_CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


class Opened:
    """A report in a browser, with all that it asked for and complained about."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, fragment: str = "") -> Page:
        self.page.goto(self.address + fragment)
        return self.page

    def rows(self) -> list[str]:
        """Texts of the lines of the matrix that are shown."""
        return self.page.locator("#rows tbody tr.row").all_inner_texts()

    def column(self, name: str) -> list[str]:
        return self.page.locator(f"#rows tbody tr.row td.k-{name}").all_inner_texts()


Open = Callable[..., Opened]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a report. Afterwards: no request but for the file itself, nothing on the console, no markup obeyed."""
    seen: list[Opened] = []
    contexts: list[Any] = []

    def open_it(
        report: Assessment,
        *,
        fragment: str = "",
        paths: IntruderPaths | None = None,
        beside: Beside | None = None,
        **options: Any,
    ) -> Opened:
        path = tmp_path / f"report-{len(seen)}.html"
        path.write_text(render_html(report, paths, None, beside), encoding="utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        found = Opened(context.new_page(), path.as_uri())
        seen.append(found)
        found.go(fragment)
        return found

    yield open_it
    for one in seen:
        assert {request.split("#")[0] for request in one.requests} == {one.address}
        assert one.complaints == []
        assert one.page.evaluate("window.pwned") is None
    for context in contexts:
        context.close()
