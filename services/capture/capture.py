"""The verb: capture. From a source to paced images, and from an image to a frame."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from familiar.services.capture.source import open_source
from familiar.shared.contract.messages import EnrolmentLabel, Frame
from familiar.shared.contract.source_address import SourceAddress
from familiar.shared.vision.images import Image, encode_jpeg

# Bound of one camera's work queue.
FRAMES_KEPT = 16

Sleep = Callable[[float], object]


def capture_images(address: SourceAddress, sleep: Sleep) -> Iterator[Image]:
    """Yield a source's images, paced at its frame rate unless fast or live; start over if it loops.

    Raises:
        SourceFailed: the source cannot be opened, or has stopped delivering.
    """
    while True:
        source = open_source(address)
        unpaced = address.fast or source.frames_per_second is None
        yield from source.images if unpaced else at_speed(source.images, source.frames_per_second or 1.0, sleep)
        if not address.loop:
            return


def at_speed(images: Iterator[Image], frames_per_second: float, sleep: Sleep) -> Iterator[Image]:
    """Yield images at `frames_per_second` at most; lost time is not made up in a burst."""
    due = time.monotonic()
    for image in images:
        early = due - time.monotonic()
        if early > 0:
            sleep(early)
        yield image
        due = max(due, time.monotonic() - 1 / frames_per_second) + 1 / frames_per_second


@dataclass(frozen=True)
class FrameOrigin:
    """Identity of a captured image; the same origin gives the same `frame_id`."""

    camera: str
    source_started_at: datetime
    sequence: int


def make_frame(
    image: Image, origin: FrameOrigin, label: EnrolmentLabel | None, *, live: bool, jpeg: bytes | None = None
) -> tuple[Frame, bytes]:
    """Return the frame of an image and its payload, which is `jpeg` or else encoded here."""
    height, width = image.shape[:2]
    started = int(origin.source_started_at.timestamp() * 1000)
    frame = Frame(
        frame_id=f"{origin.camera}-{started}-{origin.sequence}",
        camera=origin.camera,
        captured_at=datetime.now(UTC),
        width=width,
        height=height,
        live=live,
        enrolment=label,
    )
    return frame, jpeg or encode_jpeg(image)
