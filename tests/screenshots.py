"""Makes the README's pictures of the page: two drawn people are added, learned and watched in a real Chromium.

    make screenshots

writes `docs/pictures/studio-*.jpg` and the film `docs/pictures/studio.webp` anew, in about three minutes.
"""

import io
import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image as Pictures
from playwright.sync_api import Locator, Page, ViewportSize, sync_playwright

from familiar.cli.stack.local_stack import LocalSettings, LocalStack, free_port
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.vision.images import Image
from tests.browser import TELEPHONE, Webcam, drawn, launch_chromium
from tests.builders import ROOT
from tests.studio_page import Studio

PICTURES = ROOT / "docs" / "pictures"
SCREEN: ViewportSize = {"width": 1280, "height": 860}
FIRST, SECOND = "Zoë K.", "Bo"
QUALITY = 82
MEASURED = 40
# The film is narrower than the screen, so that it loads at once; a moment that shows something stays for so long.
FILM_WIDTH = 960
FILM_QUALITY = 60
MOMENT_MILLISECONDS = 900
MOTION_MILLISECONDS = 120
# Enough for 200 train and 100 test samples of which none looks like another.
FRAMES = 900


class Film:
    """Pictures of the page, one after another."""

    def __init__(self, page: Page) -> None:
        """Have none yet."""
        self._page = page
        self._frames: list[Pictures.Image] = []
        self._milliseconds: list[int] = []

    def take(self, milliseconds: int = MOMENT_MILLISECONDS) -> None:
        """Take what is on the screen, to be shown for so long."""
        frame = Pictures.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        self._frames.append(frame.resize((FILM_WIDTH, round(frame.height * FILM_WIDTH / frame.width))))
        self._milliseconds.append(milliseconds)

    def take_motion(self, pictures: int) -> None:
        """Take what moves."""
        for _ in range(pictures):
            self.take(MOTION_MILLISECONDS)
            self._page.wait_for_timeout(MOTION_MILLISECONDS)

    def save(self, path: Path) -> None:
        """Write it as an animated WebP that begins again at its end."""
        first, *others = self._frames
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=self._milliseconds,
            loop=0,
            quality=FILM_QUALITY,
            method=6,
        )


def main() -> None:
    """Start the services with an empty home on free ports, and walk through the page."""
    # Drawn people are told apart with any weights, and nothing needs to be downloaded.
    os.environ["FAMILIAR_WEIGHTS"] = "random"
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        home.mkdir()
        webcam = Webcam(Path(folder) / "webcam.mjpeg")
        settings = LocalSettings(home, free_port(), free_port(), redis_url=None, cameras="")
        with LocalStack(settings) as stack:
            browser = launch_chromium(playwright, *webcam.arguments)
            context = browser.new_context(viewport=SCREEN, permissions=["camera"])
            _walk(Studio(context.new_page(), stack.link, Path(folder)), webcam)
            telephone = browser.new_context(
                viewport=TELEPHONE, color_scheme="dark", device_scale_factor=2, permissions=["camera"]
            )
            _watch(Studio(telephone.new_page(), stack.link, Path(folder)), "studio-telephone")
            browser.close()


def _walk(studio: Studio, webcam: Webcam) -> None:
    page = studio.page
    film = Film(page)
    webcam.show(drawn("zoe", FRAMES))
    studio.turn_camera_on()
    film.take()
    studio.start_enrolment(FIRST)
    page.wait_for_timeout(1000)
    film.take_motion(8)
    studio.wait_for_enrolment(FIRST)
    film.take()
    studio.turn_camera_off()
    webcam.show(drawn("bo", FRAMES))
    studio.turn_camera_on()
    studio.start_enrolment(SECOND)
    page.wait_for_timeout(5000)
    _keep(page, "studio-add")
    film.take_motion(6)
    studio.wait_for_enrolment(SECOND)
    film.take()
    studio.train()
    page.locator("#training").scroll_into_view_if_needed()
    film.take_motion(5)
    studio.turn_camera_off()
    webcam.show(_together("zoe", "bo"))
    studio.turn_camera_on()
    studio.wait_for_version(1)
    _watch_on(studio, "studio-watch")
    film.take_motion(14)
    film.take(2 * MOMENT_MILLISECONDS)
    film.save(PICTURES / "studio.webp")
    studio.expect(page.locator(".verdict .headline")).to_contain_text(FIRST)
    _keep(page.locator("#train"), "studio-train")
    page.get_by_text("Layers, augmentation, downloads").click()
    studio.expect(page.locator(".layers table")).to_be_visible()
    page.wait_for_timeout(500)
    _keep(page.locator("#models"), "studio-models")
    studio.turn_camera_off()


def _watch(studio: Studio, name: str) -> None:
    studio.turn_camera_on()
    _watch_on(studio, name)


def _watch_on(studio: Studio, name: str) -> None:
    """Wait until both are named, and sightings are said."""
    studio.wait_for_name(FIRST)
    studio.wait_for_name(SECOND)
    for person_seen in (FIRST, SECOND):
        studio.expect(studio.page.locator("#sightings li", has_text=person_seen).first).to_be_visible()
    while studio.latency()[0] < MEASURED or len(studio.named_boxes()) < len((FIRST, SECOND)):
        studio.page.wait_for_timeout(50)
    studio.page.evaluate("window.scrollTo(0, 0)")
    _keep(studio.page, name)


def _together(*names: str) -> list[Image]:
    """Draw people beside one another, each with their part of the picture."""
    width = 640 // len(names)
    return [np.hstack([draw(person(name), 100 + number / 15, width, 480) for name in names]) for number in range(400)]


def _keep(shown: Page | Locator, name: str) -> None:
    shown.screenshot(path=PICTURES / f"{name}.jpg", type="jpeg", quality=QUALITY)


if __name__ == "__main__":
    main()
