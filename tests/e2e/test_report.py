"""The report of a version in a real browser: from a file, and over HTTP under a strict content security policy."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from familiar.services.trainer.report.write import write_report
from tests.browser import TELEPHONE, launch_chromium
from tests.report_builder import Answers, report_facts

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
LONG = "Maximiliane_von_Hohenlohe_Langenburg_zu_Waldenburg_Schillingsfür"


class Handler(SimpleHTTPRequestHandler):
    """Serves files as a careful server would."""

    def end_headers(self) -> None:
        """Send the policy with every answer."""
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a real Chromium."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the report of many people, one of whom has a long name and is recognised badly."""
    folder = tmp_path_factory.mktemp("report")
    answers: dict[str, Answers] = {f"Person {number}": {f"Person {number}": 30} for number in range(12)}
    write_report(report_facts({**answers, LONG: {LONG: 50, "Person 1": 50}}, strangers={LONG: 5, None: 25}), folder)
    return folder


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[str]:
    """Give the address at which the report is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/report.html"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["file", "http"])
def opened(browser: Browser, folder: Path, served: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Give the report, open in a browser as small as a telephone's, which asked for nothing else."""
    page = browser.new_page(viewport=TELEPHONE)
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda made: asked.append(made.url.split(":", 1)[0]))
    page.goto((folder / "report.html").as_uri() if request.param == "file" else served)
    yield page
    assert complaints == []
    assert asked.count("file") + asked.count("http") == 1
    assert set(asked) <= {request.param, "data"}
    page.close()


def test_a_telephone_shows_the_verdict_at_once(opened: Page) -> None:
    """Without moving sideways, however long a name is."""
    verdict = opened.locator("#verdict")
    assert f"{LONG} is often missed: 50 of 100" in verdict.inner_text()
    box = verdict.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= TELEPHONE["height"]
    assert box["x"] + box["width"] <= TELEPHONE["width"]
    assert opened.evaluate("document.documentElement.scrollWidth") == TELEPHONE["width"]


def test_every_picture_is_shown(opened: Page) -> None:
    """Those of light and of dark colours, and the faces; and the policy lets the styles in."""
    assert opened.evaluate("[...document.images].length") > 5
    assert opened.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    light = opened.locator("#scores img").evaluate("image => image.currentSrc")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert opened.evaluate(ground) == "rgb(243, 245, 247)"
    opened.emulate_media(color_scheme="dark")
    assert opened.evaluate(ground) == "rgb(18, 22, 28)"
    opened.wait_for_function("light => document.querySelector('#scores img').currentSrc != light", arg=light)
    opened.locator("#scores img").evaluate("image => image.decode()")
