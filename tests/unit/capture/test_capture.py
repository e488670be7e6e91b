"""From a source to frames, at the right speed."""

from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from familiar.services.capture import capture
from familiar.services.capture.capture import FrameOrigin, at_speed, capture_images, make_frame
from familiar.shared.contract.errors import SourceFailed
from familiar.shared.contract.messages import EnrolmentLabel, Split
from familiar.shared.contract.source_address import parse_source_address
from familiar.shared.vision.images import Image, decode_image, encode_jpeg

STARTED_AT = datetime(2026, 11, 23, 9, 0, 0, 120_000, UTC)
ORIGIN = FrameOrigin("door", STARTED_AT, 7)


class Clock:
    """A clock that goes on when somebody sleeps or works, and not by itself."""

    def __init__(self) -> None:
        """Begin at no special time."""
        self.now = 5000.0

    def monotonic(self) -> float:
        """Tell the time."""
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass."""
        assert seconds >= 0
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let capture read a clock that the test turns."""
    clock = Clock()
    monkeypatch.setattr(capture, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def plain(grey: int) -> Image:
    """Give a picture of one grey."""
    return np.full((48, 64, 3), grey, np.uint8)


def no_sleep(_seconds: float) -> None:
    """Refuse to sleep: what is played fast never does."""
    pytest.fail("a source without a speed was held back")


def times_of(clock: Clock, work_seconds: list[float]) -> list[float]:
    """Tell when each image came at ten a second, with so much work between one and the next."""
    images = (plain(0) for _ in range(len(work_seconds) + 1))
    times = []
    work = iter([*work_seconds, 0.0])
    for _ in at_speed(images, 10, clock.pass_seconds):
        times.append(clock.now - 5000)
        clock.pass_seconds(next(work))
    return times


def test_images_are_held_back_to_their_speed(clock: Clock) -> None:
    """Ten a second, the first one at once."""
    assert times_of(clock, [0.0] * 4) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_work_between_images_does_not_slow_them_down(clock: Clock) -> None:
    """What is used up by work is not slept."""
    assert times_of(clock, [0.06, 0.02, 0.09]) == pytest.approx([0, 0.1, 0.2, 0.3])


def test_work_that_takes_longer_than_an_image_lasts_is_not_waited_for_on_top(clock: Clock) -> None:
    """The next image comes at once."""
    assert times_of(clock, [0.25, 0.25]) == pytest.approx([0, 0.25, 0.5])


def test_time_that_was_lost_is_not_made_up_in_a_burst(clock: Clock) -> None:
    """After ten seconds away one image comes at once, and the others keep their distance."""
    times = times_of(clock, [0.0, 10.0, 0.0, 0.0, 0.0])
    assert times[2] == pytest.approx(10.1)
    assert all(later - earlier > 0.0999 for earlier, later in pairwise(times))


def test_a_file_is_held_back_to_the_speed_that_it_names(tmp_path: Path, clock: Clock) -> None:
    """A video of 20 pictures a second: the sixth comes after a quarter of a second."""
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (64, 48))
    for grey in range(0, 250, 25):
        writer.write(plain(grey))
    writer.release()
    images = list(islice(capture_images(parse_source_address(str(path)), clock.pass_seconds), 6))
    assert clock.now - 5000 == pytest.approx(0.25)
    assert [round(image.mean(), -1) for image in images] == pytest.approx([0, 25, 50, 75, 100, 125], abs=6)


def folder_of(path: Path, pictures: int) -> Path:
    """Fill a folder with pictures that grow brighter in the order of their names, and a file that is none."""
    for number in range(pictures):
        (path / f"{number}.jpg").write_bytes(encode_jpeg(plain(number * 50)))
    (path / "notes.txt").write_text("no picture")
    return path


def test_a_folder_ends_after_its_last_picture(tmp_path: Path) -> None:
    """In the order of their names."""
    images = capture_images(parse_source_address(f"{folder_of(tmp_path, 3)}#fast"), no_sleep)
    assert [round(float(image.mean())) for image in images] == [0, 50, 100]


def test_a_folder_that_loops_begins_again(tmp_path: Path) -> None:
    """With its first picture, as often as it is asked."""
    images = capture_images(parse_source_address(f"{folder_of(tmp_path, 2)}#fast,loop"), no_sleep)
    assert [round(float(image.mean())) for image in islice(images, 5)] == [0, 50, 0, 50, 0]


def test_a_picture_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    """The others come all the same."""
    (folder_of(tmp_path, 2) / "00.jpg").write_bytes(b"no picture")
    assert len(list(capture_images(parse_source_address(f"{tmp_path}#fast"), no_sleep))) == 2


@pytest.mark.timeout(1)
def test_a_folder_in_which_no_picture_can_be_read_fails_instead_of_looping_for_ever(tmp_path: Path) -> None:
    """Somebody has to be told, and capture has to be able to stop."""
    (tmp_path / "0.jpg").write_bytes(b"no picture")
    with pytest.raises(SourceFailed):
        next(capture_images(parse_source_address(f"{tmp_path}#fast,loop"), no_sleep))


def test_a_folder_without_pictures_fails(tmp_path: Path) -> None:
    """The sentence says which endings count."""
    with pytest.raises(SourceFailed, match=r"holds no pictures \(\.jpeg, \.jpg, \.png, \.webp\)"):
        next(capture_images(parse_source_address(str(folder_of(tmp_path, 0))), no_sleep))


def test_a_file_that_is_not_there_fails(tmp_path: Path) -> None:
    """The sentence does not repeat its name, which may be somebody's: it goes into the log."""
    with pytest.raises(SourceFailed, match=r"There is no such file or folder\."):
        next(capture_images(parse_source_address(str(tmp_path / "film.mp4")), no_sleep))


def test_a_frame_id_is_made_of_camera_start_and_sequence() -> None:
    """The same image of the same source gives the same id, whenever it is made."""
    one, other = (make_frame(plain(0), ORIGIN, None, live=True)[0] for _ in range(2))
    assert one.frame_id == other.frame_id == f"door-{int(STARTED_AT.timestamp() * 1000)}-7"


def test_a_frame_tells_its_size_and_label_and_carries_its_picture() -> None:
    """Width is across, height is down."""
    label = EnrolmentLabel(enrolment_id="e1", person="zoe", split=Split.TRAIN)
    frame, jpeg = make_frame(plain(120), ORIGIN, label, live=False)
    assert (frame.width, frame.height, frame.live, frame.enrolment) == (64, 48, False, label)
    assert np.abs(decode_image(jpeg).astype(int) - 120).max() < 4
