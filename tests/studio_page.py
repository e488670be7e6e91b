"""The studio as somebody uses it: each method is what they do, and waits until the page shows that it is done."""

import re
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import (  # type: ignore[attr-defined]  # LocatorAssertions is missing from __all__
    ConsoleMessage,
    Locator,
    LocatorAssertions,
    Page,
    Response,
    expect,
)
from playwright.sync_api import TimeoutError as TimedOut

PATIENCE_SECONDS = 120


class Studio:
    """The page in a browser."""

    def __init__(self, page: Page, url: str, pictures: Path) -> None:
        """Open the page by the owner's link, or by its address in a browser that is logged in.

        Screenshots go to the folder `pictures`.

        What the browser complains of, and whom it asks for something, is kept.
        """
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self._pictures = pictures
        self._shown = 0
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        expect.set_options(timeout=PATIENCE_SECONDS * 1000)
        page.on("console", self._hear)
        page.on("response", self._see)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(url)
        self.expect(self.page.locator("#session")).to_contain_text("Token")
        self.expect(self.page.locator("#people-list")).not_to_have_text("Loading.")

    def _hear(self, said: ConsoleMessage) -> None:
        # This message says neither what was refused nor why; `_see` does.
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            self.complaints.append(said.text)

    def _see(self, response: Response) -> None:
        if response.status >= HTTPStatus.BAD_REQUEST:
            self.complaints.append(f"{response.status} {urlsplit(response.url).path}")

    @staticmethod
    def expect(locator: Locator) -> LocatorAssertions:
        """Expect something of a part of the page, and wait for it as long as anything may take."""
        return expect(locator)

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the whole page, numbered in the order of the journey."""
        self._shown += 1
        path = self._pictures / f"{self._shown:02}-{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def choose_camera(self, name: str) -> None:
        """Show a camera of the server."""
        self.page.get_by_label("Show").select_option(name)

    def turn_camera_on(self) -> None:
        """Turn this browser's camera on, and wait for its pictures to be taken."""
        self.page.get_by_role("button", name="Turn the camera on").click()
        self.expect(self.page.locator(".picture .state")).to_be_hidden()

    def turn_camera_off(self) -> None:
        """Turn it off."""
        self.page.get_by_role("button", name="Turn the camera off").click()

    def ask_for(self, train: int, test: int) -> None:
        """Write how many samples are to be collected."""
        self.page.get_by_text("How many samples").click()
        self.page.get_by_role("spinbutton", name="Train").fill(str(train))
        self.page.get_by_role("spinbutton", name="Test").fill(str(test))

    def start_enrolment(self, name: str) -> None:
        """Write a name and press Start."""
        self.page.get_by_label("Name of the person").fill(name)
        self.page.get_by_role("button", name="Start", exact=True).click()
        self.expect(self.page.get_by_role("heading", name=f"Getting to know {name}")).to_be_visible()

    def wait_for_enrolment(self, name: str) -> None:
        """Wait until all samples are there."""
        self.expect(self.page.get_by_role("heading", name=f"{name}: done")).to_be_visible()

    def train(self) -> None:
        """Press Train and wait for the first epoch."""
        self.page.get_by_role("button", name="Train", exact=True).click()
        self.expect(self.page.locator("#training svg.curves")).to_be_visible()

    def wait_for_version(self, version: int) -> None:
        """Wait until a version answers."""
        self.expect(self.version(version)).to_have_attribute("data-state", "ready")

    def version(self, version: int) -> Locator:
        """Find a version among the models."""
        return self.page.locator(f"#models-list li[data-version='{version}']")

    def card(self, name: str) -> Locator:
        """Find somebody's card."""
        return self.page.locator("#people-list .card").filter(
            has=self.page.get_by_role("heading", name=name, exact=True)
        )

    def wait_for_name(self, name: str) -> None:
        """Wait until a face that is in view has got a name."""
        self.expect(self.page.locator(".face.known span", has_text=name).first).to_be_visible()

    def latency(self) -> tuple[int, float, float]:
        """Read how many answers were measured, and the median and 95th percentile of their latency in milliseconds."""
        figures = self.page.locator("#latency")
        count, median, p95 = (figures.get_attribute(f"data-{name}") or "nan" for name in ("count", "median", "p95"))
        return int(count), float(median), float(p95)

    def named_boxes(self) -> dict[str, tuple[float, float, float, float]]:
        """Give left, top, right and bottom of each named box, as shares of the picture, by the name over it."""
        boxes = self.page.evaluate(
            """() => [...document.querySelectorAll(".face.known")].map((face) => {
                const [box, whole] = [face, face.closest(".picture")].map((element) => element.getBoundingClientRect());
                const across = (x) => (x - whole.left) / whole.width;
                const down = (y) => (y - whole.top) / whole.height;
                return [face.textContent, [across(box.left), down(box.top), across(box.right), down(box.bottom)]];
            })"""
        )
        return {re.sub(r" [\d.]+ %$", "", text): tuple(sides) for text, sides in boxes}

    def picture(self) -> bytes:
        """Give what the camera shows as the page does, mirrored, without boxes, as JPEG."""
        data = self.page.evaluate(
            """async () => {
                const video = document.querySelector(".picture video");
                const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
                const context = canvas.getContext("2d");
                context.scale(-1, 1);
                context.drawImage(video, -canvas.width, 0);
                const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
                return [...new Uint8Array(await blob.arrayBuffer())];
            }"""
        )
        return bytes(data)

    def correct(self, name: str, answer: str) -> None:
        """Say that a face that was given a name is somebody else's, or a stranger's."""
        self.page.locator(".in-view li").filter(has_text=name).get_by_role("button", name=f"Not {name}").first.click()
        dialog = self.page.get_by_role("dialog")
        self.expect(dialog.get_by_role("img", name="The face")).to_have_js_property("complete", value=True)
        dialog.get_by_role("button", name=answer).click()
        self.expect(dialog).to_be_hidden()

    def serve(self, version: int) -> None:
        """Have a version answer; whoever was trained just now may answer by itself before the button is pressed."""
        button = self.page.get_by_role("button", name=f"Serve version {version}")
        answering = self.page.locator(f"#models-list li[data-version='{version}'][data-state='ready']")
        self.expect(button.or_(answering).first).to_be_visible()
        with suppress(TimedOut):
            button.click(timeout=5_000)
        self.wait_for_version(version)

    def forget(self, name: str) -> None:
        """Forget somebody whose pictures are all shown, and say yes to the question."""
        self.card(name).scroll_into_view_if_needed()
        # Pictures are loaded when they come into view, and of who is forgotten there is none any more.
        for picture in self.card(name).locator(".thumbnails img").all():
            self.expect(picture).not_to_have_js_property("naturalWidth", 0)
        self.card(name).get_by_role("button", name="Forget").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Forget").click()
        self.expect(self.card(name)).to_have_count(0)
