"""What is missing is said on the page, which goes on by itself; nothing that was entered is lost."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from playwright.sync_api import Locator, sync_playwright

from tests.browser import Webcam, drawn, launch_chromium
from tests.studio_page import Studio

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

NAME = "Zoë K."


@pytest.fixture(scope="module")
def stack(
    taught: "Running",
    tmp_path_factory: pytest.TempPathFactory,
    start_stack: Callable[..., AbstractContextManager["Running"]],
) -> Iterator["Running"]:
    """Give a stack that knows two drawn people, and has no camera."""
    home = tmp_path_factory.mktemp("outages")
    for folder in ("models", "samples", "people"):
        if (taught.stack.settings.home / folder).exists():
            shutil.copytree(taught.stack.settings.home / folder, home / folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAMILIAR_WEIGHTS", "random")
        with start_stack(home) as running:
            yield running


@pytest.fixture(scope="module")
def webcam(tmp_path_factory: pytest.TempPathFactory) -> Webcam:
    """Give a webcam before which Karan stands."""
    webcam = Webcam(tmp_path_factory.mktemp("webcam") / "webcam.mjpeg")
    webcam.show(drawn("karan"))
    return webcam


@pytest.fixture
def studio(stack: "Running", webcam: Webcam, tmp_path: Path) -> Iterator[Studio]:
    """Give the page of somebody before whose camera Karan stands."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright, *webcam.arguments)
        context = browser.new_context(permissions=["camera"])
        studio = Studio(context.new_page(), stack.stack.link, tmp_path)
        studio.turn_camera_on()
        studio.wait_for_name("Karan")
        yield studio
        browser.close()


@contextmanager
def stopped(*processes: psutil.Process) -> Iterator[None]:
    """Let processes stand still, as with a machine that is away."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def missing(studio: Studio) -> Locator:
    """Find the words across the page's top."""
    return studio.page.locator("#missing")


def collected(studio: Studio) -> int:
    """Read how many train samples there are."""
    return int(studio.page.locator(".enrolment output").first.inner_text().split()[0])


def test_with_redis_stopped_the_page_says_so_and_goes_on(stack: "Running", studio: Studio) -> None:
    """An enrolment that runs goes on; a name that was typed meanwhile stays, and can be used afterwards."""
    studio.ask_for(40, 0)
    studio.start_enrolment(NAME)
    (server,) = stack.processes("redis-server")
    with stopped(server):
        studio.expect(missing(studio)).to_contain_text("Redis does not answer")
        studio.expect(studio.page.locator(".picture .state")).to_contain_text("Redis is away")
        studio.page.get_by_label("Name of the person").fill("Bea")
    studio.expect(missing(studio)).to_be_empty()
    studio.wait_for_enrolment(NAME)
    studio.expect(studio.card(NAME)).to_contain_text("40 train, 0 test samples")
    studio.wait_for_name("Karan")
    studio.expect(studio.page.get_by_label("Name of the person")).to_have_value("Bea")
    studio.start_enrolment("Bea")
    studio.wait_for_enrolment("Bea")


def test_what_is_started_while_redis_is_stopped_is_refused_and_stays_in_the_form(
    stack: "Running", studio: Studio
) -> None:
    """The reason stands beside it."""
    (server,) = stack.processes("redis-server")
    with stopped(server):
        studio.page.get_by_label("Name of the person").fill("Cem")
        studio.page.get_by_role("button", name="Start", exact=True).click()
        studio.expect(studio.page.locator("#add-person [role=alert]")).to_contain_text("Redis")
    studio.expect(missing(studio)).to_be_empty()
    studio.expect(studio.page.get_by_label("Name of the person")).to_have_value("Cem")


@pytest.mark.parametrize("killed", [False, True])
def test_with_capture_gone_the_page_says_so_and_goes_on(stack: "Running", studio: Studio, *, killed: bool) -> None:
    """An enrolment goes on with the same camera; a capture that was killed is started again."""
    name = "Dan" if killed else "Eva"
    studio.ask_for(60, 0)
    studio.start_enrolment(name)
    capture = stack.process("capture")
    if killed:
        capture.kill()
    else:
        with stopped(capture):
            studio.expect(studio.page.locator(".picture .state")).to_contain_text("capture or Redis is away")
            studio.expect(missing(studio)).to_contain_text("Capture is not running")
            before = collected(studio)
            assert before < 60
    studio.wait_for_enrolment(name)
    studio.expect(studio.card(name)).to_contain_text("60 train, 0 test samples")
    studio.expect(missing(studio)).to_be_empty()
    studio.expect(studio.page.locator(".picture .state")).to_be_hidden()


def test_with_the_trainer_stopped_a_training_waits_and_is_done_later(stack: "Running", studio: Studio) -> None:
    """It was asked for once, and is done once."""
    versions = len(stack.models.versions())
    with stopped(stack.process("trainer")):
        studio.expect(missing(studio)).to_contain_text("The trainer is not running")
        studio.page.get_by_role("button", name="Train", exact=True).click()
        studio.expect(studio.page.locator("#training .step")).to_contain_text("The training waits")
    studio.expect(missing(studio)).to_be_empty()
    stack.wait_for("the version", lambda: len(stack.models.versions()) == versions + 1)
    studio.expect(studio.version(stack.models.versions()[-1])).to_be_visible()


def test_with_inference_killed_the_page_says_so_and_goes_on(stack: "Running", studio: Studio) -> None:
    """The page is not loaded anew, so what was typed is there."""
    studio.page.get_by_label("Name of the person").fill("Fay")
    with stopped(stack.process("inference")):
        studio.expect(missing(studio)).to_contain_text("Familiar does not answer")
    stack.process("inference").kill()
    studio.expect(missing(studio)).to_be_empty()
    studio.wait_for_name("Karan")
    studio.expect(studio.page.get_by_label("Name of the person")).to_have_value("Fay")
