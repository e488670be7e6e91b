"""Source addresses opened as streams of images; the only module that opens a camera."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import structlog

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.errors import FamiliarError, SourceFailed
from familiar.shared.contract.source_address import SourceAddress, SourceKind
from familiar.shared.vision.images import Image, decode_image
from familiar.shared.vision.picture_files import PICTURE_ENDINGS, pictures_in

SYNTHETIC_FRAMES_PER_SECOND = 10.0
FOLDER_FRAMES_PER_SECOND = 5.0

_NETWORK_TIMEOUT_MILLISECONDS = 10_000
# FFmpeg's AV_LOG_QUIET, which OpenCV reads with the first file or address.
_FFMPEG_QUIET = "-8"

_log = structlog.get_logger()


@dataclass(frozen=True)
class Source:
    """An opened source; `frames_per_second` is None where a live camera sets the pace."""

    images: Iterator[Image]
    frames_per_second: float | None


def open_source(address: SourceAddress) -> Source:
    """Open a source.

    Its iterator ends where a file or folder ends, and raises SourceFailed where a camera stops delivering.

    Raises:
        SourceFailed: it cannot be opened; the message says what was tried.
    """
    if address.kind is SourceKind.SYNTHETIC:
        return Source(_drawn_images(address.location), SYNTHETIC_FRAMES_PER_SECOND)
    if address.kind is SourceKind.FILE:
        path = Path(address.location).expanduser()
        if path.is_dir():
            return Source(_folder_images(path), FOLDER_FRAMES_PER_SECOND)
        if not path.exists():
            raise SourceFailed("There is no such file or folder. Check the path that capture sees.")
        return _open_video_file(path)
    return _open_camera(address)


def _drawn_images(name: str) -> Iterator[Image]:
    drawn = person(name)
    sequence = 0
    while True:
        yield draw(drawn, sequence / SYNTHETIC_FRAMES_PER_SECOND)
        sequence += 1


def _folder_images(folder: Path) -> Iterator[Image]:
    try:
        paths = pictures_in(folder)
    except OSError as error:
        raise SourceFailed(f"The folder cannot be read: {error.strerror}.") from error
    if not paths:
        raise SourceFailed(f"The folder holds no pictures ({', '.join(sorted(PICTURE_ENDINGS))}).")
    readable = 0
    for number, path in enumerate(paths, start=1):
        try:
            image = decode_image(path.read_bytes())
        except (FamiliarError, OSError) as error:
            # Its place, not its name: files are often named after the people they show.
            _log.warning("picture passed over", number=number, pictures=len(paths), error=_reason(error))
        else:
            readable += 1
            yield image
    if not readable:
        raise SourceFailed(f"None of the {len(paths)} pictures in the folder can be read. Put others there.")


def _reason(error: FamiliarError | OSError) -> str | None:
    return error.strerror if isinstance(error, OSError) else error.detail


def _open_video_file(path: Path) -> Source:
    capture = _silently(lambda: cv2.VideoCapture(str(path)))
    read, first = capture.read()
    if not read:
        capture.release()
        raise SourceFailed("The file does not decode as a video. Play it elsewhere, or convert it to H.264 in MP4.")
    frames_per_second = capture.get(cv2.CAP_PROP_FPS) or FOLDER_FRAMES_PER_SECOND
    return Source(_captured_images(capture, first, fails_at_end=None), frames_per_second)


def _open_camera(address: SourceAddress) -> Source:
    if address.kind is SourceKind.WEBCAM:
        capture = _silently(lambda: cv2.VideoCapture(int(address.location)))
    else:
        timeouts = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC)
        parameters = [value for name in timeouts for value in (name, _NETWORK_TIMEOUT_MILLISECONDS)]
        capture = _silently(lambda: cv2.VideoCapture(address.location, cv2.CAP_FFMPEG, parameters))
    read, first = capture.read()
    if not read:
        capture.release()
        hint = (
            "Is it plugged in, and may this user read /dev/video*?"
            if address.kind is SourceKind.WEBCAM
            else "Is it on?"
        )
        raise SourceFailed(f"The camera {address.shown!r} gives no picture. {hint}")
    return Source(_captured_images(capture, first, fails_at_end=address.shown), None)


def _silently(open_capture: Callable[[], cv2.VideoCapture]) -> cv2.VideoCapture:
    """Open a capture whose decoders write nothing to standard error: addresses may stand in what they say.

    What matters of it is in the error of a source that does not open.
    """
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = _FFMPEG_QUIET
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return open_capture()


def _captured_images(capture: cv2.VideoCapture, first: np.ndarray, fails_at_end: str | None) -> Iterator[Image]:
    """Yield what OpenCV reads; the end is a failure where `fails_at_end` names a camera, which has none."""
    try:
        read, image = True, first
        while read:
            yield image.astype(np.uint8, copy=False)
            read, image = capture.read()
    finally:
        capture.release()
    if fails_at_end is not None:
        raise SourceFailed(f"The camera {fails_at_end!r} has stopped giving pictures.")
