"""What goes otherwise than planned on the page: somebody leaves, a tab is closed or duplicated, an answer fails."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Playwright, Route

from familiar.shared.contract.messages import Split
from tests.browser import Webcam, drawn, launch_chromium
from tests.studio_page import Studio

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

FRAMES_PER_SECOND = 30
# What the page asks for a camera: once a second at most, each.
STREAMS = 2


@pytest.fixture
def studio(taught: "Running", browser: Browser, tmp_path: Path) -> Iterator[Studio]:
    """Give the page."""
    context = browser.new_context(permissions=["camera"])
    yield Studio(context.new_page(), taught.stack.link, tmp_path)
    context.close()


def another(studio: Studio, camera: str | None = None) -> Studio:
    """Open the page once more in the same browser, as a duplicated tab whose camera has a name already."""
    url = studio.page.url
    page = studio.page.context.new_page()
    if camera:
        page.goto(f"{url}studio/icon.svg")
        page.evaluate("(name) => sessionStorage.setItem('camera', name)", camera)
    return Studio(page, url, Path())


def moving_picture(page: Page) -> str:
    """Give what the picture of a server's camera shows now."""
    return str(
        page.evaluate(
            """() => {
                const image = document.querySelector(".picture > img");
                if (!image.naturalWidth) return "";
                const canvas = document.createElement("canvas");
                canvas.width = image.naturalWidth;
                canvas.height = image.naturalHeight;
                canvas.getContext("2d").drawImage(image, 0, 0);
                return canvas.toDataURL();
            }"""
        )
    )


def test_who_has_left_is_in_view_no_more(taught: "Running", playwright: Playwright, tmp_path: Path) -> None:
    """A while after their last face, although no other face comes."""
    webcam = Webcam(tmp_path / "webcam.mjpeg")
    empty = [np.full((480, 640, 3), 128, np.uint8)] * (40 * FRAMES_PER_SECOND)
    webcam.show([*drawn("karan", 4 * FRAMES_PER_SECOND), *empty])
    browser = launch_chromium(playwright, *webcam.arguments)
    studio = Studio(browser.new_context(permissions=["camera"]).new_page(), taught.stack.link, tmp_path)
    studio.turn_camera_on()
    studio.expect(studio.page.locator(".in-view")).to_contain_text("Karan")
    studio.expect(studio.page.get_by_text("Nobody is in view.")).to_be_visible()
    studio.expect(studio.page.locator(".in-view li")).to_have_count(0)
    browser.close()


def test_a_camera_that_is_turned_off_while_the_browser_asks_stays_off(studio: Studio) -> None:
    """Its light goes out, whenever the permission comes; afterwards it can be turned on."""
    page = studio.page
    page.evaluate(
        """() => {
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            window.given = [];
            navigator.mediaDevices.getUserMedia = async (wishes) => {
                const stream = await ask(wishes);
                await new Promise((resolve) => { window.allow = resolve; });
                window.given.push(stream);
                return stream;
            };
        }"""
    )
    page.get_by_role("button", name="Turn the camera on").click()
    page.get_by_role("button", name="Turn the camera off").click()
    while not page.evaluate("Boolean(window.allow)"):
        page.wait_for_timeout(50)
    page.evaluate("window.allow()")
    while page.evaluate("window.given.length") < 1:
        page.wait_for_timeout(50)
    page.wait_for_timeout(200)
    assert page.evaluate("window.given[0].getTracks().map((track) => track.readyState)") == ["ended"]
    studio.expect(page.locator(".picture .state")).to_contain_text("Your camera is off.")
    page.evaluate("window.allow = null")
    page.get_by_role("button", name="Turn the camera on").click()
    while not page.evaluate("Boolean(window.allow)"):
        page.wait_for_timeout(50)
    page.evaluate("window.allow()")
    studio.wait_for_name("Karan")


def test_a_duplicated_tab_gets_a_camera_of_its_own(studio: Studio) -> None:
    """Browsers copy the name of the first one's, which is taken."""
    studio.turn_camera_on()
    studio.wait_for_name("Karan")
    taken = str(studio.page.evaluate("sessionStorage.getItem('camera')"))
    copy = another(studio, camera=taken)
    copy.turn_camera_on()
    copy.wait_for_name("Karan")
    assert copy.page.evaluate("sessionStorage.getItem('camera')") != taken


def test_what_a_closed_page_was_collecting_can_be_stopped(taught: "Running", studio: Studio) -> None:
    """It is shown on any other page, and a training need not wait for it."""
    studio.turn_camera_on()
    studio.start_enrolment("Gus")
    other = another(studio)
    elsewhere = other.page.locator("#collecting-elsewhere")
    other.expect(elsewhere).to_contain_text("Samples of Gus are being collected by another camera")
    other.expect(other.page.locator(".suggestion")).to_contain_text("Samples of Gus are being collected")
    studio.page.close()
    other.expect(elsewhere).to_contain_text("Collecting samples of Gus stands still: its camera is away.")
    other.expect(other.page.locator(".suggestion")).not_to_contain_text("being collected")
    elsewhere.get_by_role("button", name="Stop collecting samples of Gus").click()
    other.expect(elsewhere.get_by_role("listitem")).to_have_count(0)
    assert all(enrolment["state"] != "collecting" for enrolment in taught.http.get("/v1/enrolments").json())
    other.forget("Gus")


def test_turning_the_camera_off_stops_collecting(taught: "Running", studio: Studio) -> None:
    """Whoever sits before it when it is on again is not taken for the same person."""
    studio.turn_camera_on()
    studio.start_enrolment("Hal")
    studio.turn_camera_off()
    studio.turn_camera_on()
    studio.expect(studio.page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    assert all(enrolment["state"] != "collecting" for enrolment in taught.http.get("/v1/enrolments").json())
    studio.forget("Hal")


def test_an_enrolment_that_was_stopped_is_gone_on_with(taught: "Running", studio: Studio) -> None:
    """Also after the page was opened anew; at its end a second day is asked for."""
    panel = studio.page.locator(".enrolment")
    studio.turn_camera_on()
    studio.start_enrolment("Ivy")
    taught.wait_for("ten samples", lambda: taught.samples.count("ivy", Split.TRAIN) >= 10)
    panel.get_by_role("button", name="Stop").click()
    studio.expect(studio.page.get_by_role("heading", name="Ivy: stopped")).to_be_visible()
    studio.expect(panel).to_contain_text("A second day, in other light, is worth more than more samples of this one")
    studio.page.reload()
    studio.turn_camera_on()
    studio.start_enrolment("Ivy")
    taught.wait_for("another sample", lambda: taught.samples.count("ivy", Split.TRAIN) >= 11)
    panel.get_by_role("button", name="Stop").click()
    studio.expect(studio.page.get_by_role("heading", name="Ivy: stopped")).to_be_visible()
    assert taught.samples.person("ivy").sessions == 1
    studio.forget("Ivy")


def test_a_server_s_camera_is_shown_again_after_inference_was_killed(taught: "Running", studio: Studio) -> None:
    """Its picture moves again, and its faces have names."""
    studio.choose_camera("karan")
    studio.wait_for_name("Karan")
    killed = taught.process("inference")
    killed.kill()
    # Soon there is another: whether the page notices in between that nobody answers, depends.
    taught.wait_for("another inference", lambda: _pids(taught, "services.inference") - {killed.pid} != set())
    studio.expect(studio.page.locator("#missing")).to_be_empty()
    studio.wait_for_name("Karan")
    still = moving_picture(studio.page)
    taught.wait_for("another picture", lambda: moving_picture(studio.page) not in ("", still))
    studio.expect(studio.page.get_by_label("Show")).to_have_value("karan")


def _pids(taught: "Running", service: str) -> set[int]:
    return {process.pid for process in taught.processes(service)}


def test_a_server_s_camera_that_was_away_is_shown_again(taught: "Running", studio: Studio) -> None:
    """It stays chosen, and the page says that it is away."""
    studio.choose_camera("karan")
    studio.wait_for_name("Karan")
    capture = taught.process("capture")
    capture.suspend()
    try:
        studio.expect(studio.page.locator(".picture .state")).to_contain_text("This camera is away.")
    finally:
        capture.resume()
    studio.expect(studio.page.locator(".picture .state")).to_be_hidden()
    studio.wait_for_name("Karan")
    still = moving_picture(studio.page)
    taught.wait_for("another picture", lambda: moving_picture(studio.page) not in ("", still))


def test_streams_that_are_refused_do_not_multiply(studio: Studio) -> None:
    """Each is asked for again once a second, and no oftener the longer it takes."""
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, body="")

    studio.page.route("**/stream**", refuse)
    began = time.monotonic()
    studio.choose_camera("karan")
    studio.page.wait_for_timeout(6000)
    assert STREAMS < len(asked) <= STREAMS * (time.monotonic() - began + 1)
    studio.page.unroute("**/stream**")
    studio.wait_for_name("Karan")


def test_news_of_somebody_else_takes_no_focus(taught: "Running", studio: Studio) -> None:
    """Whoever is at a button with the keyboard stays there."""
    rename = studio.card("Karan").get_by_role("button", name="Rename")
    studio.expect(rename).to_be_visible()
    rename.focus()
    taught.samples.register("Ida")
    studio.expect(studio.card("Ida")).to_be_visible()
    assert rename.evaluate("(button) => button === document.activeElement")
    taught.samples.forget("ida")


def test_a_sample_that_cannot_be_deleted_stays_and_says_why(studio: Studio) -> None:
    """Nothing is lost of the dialog."""
    studio.card("Karan").get_by_role("button", name="All samples").click()
    dialog = studio.page.get_by_role("dialog", name="Samples of Karan")
    studio.expect(dialog.get_by_role("listitem").first).to_be_visible()
    count = dialog.get_by_role("listitem").count()

    def refuse(route: Route) -> None:
        if route.request.method == "DELETE":
            route.abort()
        else:
            route.continue_()

    studio.page.route("**/samples/*", refuse)
    dialog.get_by_role("button", name="Delete train sample 1", exact=True).click()
    studio.expect(dialog.get_by_role("alert").first).to_contain_text("Familiar does not answer")
    studio.expect(dialog.get_by_role("listitem")).to_have_count(count)
