"""A real Chromium, and what stands before its camera."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Playwright, ViewportSize

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.vision.images import Image, encode_jpeg

TELEPHONE: ViewportSize = {"width": 390, "height": 844}

_QUALITY = 92
_DRAWN_PER_SECOND = 15
_WIDTH, _HEIGHT = 640, 480


def launch_chromium(playwright: Playwright, *arguments: str) -> Browser:
    """Start a real Chromium, or skip; where FAMILIAR_REQUIRE_BROWSER is set its absence is a failure."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("FAMILIAR_REQUIRE_BROWSER"):
            pytest.fail("FAMILIAR_REQUIRE_BROWSER is set, and there is no Chromium on PATH")
        pytest.skip("there is no Chromium on PATH: install it (`apt-get install chromium`)")
    return playwright.chromium.launch(executable_path=program, args=list(arguments))


class Webcam:
    """A file that Chromium takes for the pictures of a webcam; it opens it anew whenever a page turns the camera on."""

    def __init__(self, path: Path) -> None:
        """Show nothing yet; the file's name ends with `.mjpeg`."""
        self._path = path

    @property
    def arguments(self) -> tuple[str, ...]:
        """What Chromium is to be told."""
        return "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={self._path}"

    def show(self, images: Iterable[Image]) -> None:
        """Show images, BGR, 30 a second, again and again, from the next time on that the camera is turned on."""
        written = self._path.with_suffix(".written")
        with written.open("wb") as file:
            for image in images:
                file.write(encode_jpeg(image, _QUALITY))
        written.replace(self._path)


def drawn(name: str, frames: int = 400) -> list[Image]:
    """Draw somebody, a fifteenth of a second further in each frame."""
    return [draw(person(name), 100 + number / _DRAWN_PER_SECOND) for number in range(frames)]


def filmed(clip: Path) -> list[Image]:
    """Read a square clip of somebody, there and mirrored back, in pictures of a webcam's size."""
    video = cv2.VideoCapture(str(clip))
    frames: list[Image] = []
    while True:
        read, frame = video.read()
        if not read:
            break
        square = cv2.resize(frame, (_HEIGHT, _HEIGHT), interpolation=cv2.INTER_AREA)
        side = (_WIDTH - _HEIGHT) // 2
        frames.append(cv2.copyMakeBorder(square, 0, 0, side, side, cv2.BORDER_REPLICATE).astype(np.uint8))
    return [*frames, *(np.ascontiguousarray(frame[:, ::-1]) for frame in reversed(frames))]


def side_by_side(left: Iterable[Image], right: Iterable[Image]) -> list[Image]:
    """Put two people into one picture: the middle of each, the first on its left."""
    quarter = _WIDTH // 4
    middle = slice(quarter, _WIDTH - quarter)
    return [np.hstack([one[:, middle], other[:, middle]]) for one, other in zip(left, right, strict=False)]
