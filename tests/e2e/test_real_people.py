"""Six real people: enrolled from the first four fifths of a clip, named in the last fifth, through the services."""

import csv
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from familiar.cli.watch import predictions
from familiar.shared.vision.images import Image

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

TRAIN_SHARE, TEST_SHARE = 0.6, 0.2
RIGHT_SHARE = 0.95
# Nobody taught it strangers here; it only has to tell most of them from six people.
STRANGERS_NAMED_SHARE = 0.05


def frames_of(clip: Path) -> list[Image]:
    """Read every frame of a video."""
    video = cv2.VideoCapture(str(clip))
    frames: list[Image] = []
    while True:
        read, frame = video.read()
        if not read:
            return frames
        frames.append(frame.astype(np.uint8, copy=False))


def write_video(path: Path, frames: list[Image]) -> None:
    """Write frames as a video of 25 frames a second."""
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()


@pytest.fixture
def people(real_faces: Path, tmp_path: Path) -> dict[str, tuple[Path, Path, int]]:
    """Give for each person a folder of pictures to enrol from, a video to be named in, and its number of frames."""
    labels = (real_faces / "people_video_labels.csv").read_text().splitlines()
    found = {}
    for row in csv.DictReader(labels):
        slug = row["person"].replace("_", "-").lower()
        frames = frames_of(real_faces / "people_video" / row["file"])
        enrolled = round(len(frames) * (TRAIN_SHARE + TEST_SHARE))
        folder = tmp_path / "pictures" / slug
        folder.mkdir(parents=True)
        for number, frame in enumerate(frames[:enrolled]):
            cv2.imwrite(str(folder / f"{number:04}.jpg"), frame, (cv2.IMWRITE_JPEG_QUALITY, 95))
        video = tmp_path / f"{slug}.avi"
        write_video(video, frames[enrolled:])
        found[slug] = (folder, video, len(frames) - enrolled)
    return found


def test_six_real_people_are_named_in_the_rest_of_their_clips(
    start_stack: Callable[..., AbstractContextManager["Running"]],
    people: dict[str, tuple[Path, Path, int]],
    real_faces: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At least 95 % of the faces in what was never enrolled get the right name."""
    monkeypatch.setenv("FAMILIAR_WEIGHTS", str(real_faces / "weights" / "mobilenet_1_0_224_tf_no_top.h5"))
    home = tmp_path / "home"
    with start_stack(home) as stack:
        for slug, (folder, _, _) in people.items():
            enrolled = stack.familiar("enrol", slug, "--photos", str(folder), "--train", "120", "--test", "40")
            assert enrolled.returncode == 0, enrolled.stderr + stack.logs()
        trained = stack.familiar("train")
        assert trained.returncode == 0, trained.stderr + stack.logs()
        verdict = trained.stdout

    answers: Counter[tuple[str, str | None]] = Counter()
    frames = sum(count for _, _, count in people.values())
    cameras = " ".join(f"{slug}={video}#fast" for slug, (_, video, _) in people.items())
    with start_stack(home, cameras) as stack:
        for prediction in predictions(stack.client, seconds=60, after=b"0"):
            if prediction.camera in people:
                answers.update((prediction.camera, face.person) for face in prediction.faces)
            if answers.total() >= frames:
                break
        strangers = [name_of(stack, picture) for picture in sorted((real_faces / "strangers").glob("*.jpg"))]
    right = sum(count for (camera, name), count in answers.items() if camera == name)
    with capsys.disabled():
        print(f"\n{verdict}{right} of {answers.total()} faces named right ({right / answers.total():.1%})")
        named = sum(name is not None for name in strangers)
        print(f"{named} of {len(strangers)} strangers' portraits got a name ({named / len(strangers):.1%})")
    assert answers.total() >= frames * 0.95
    assert right / answers.total() >= RIGHT_SHARE, answers
    assert named / len(strangers) <= STRANGERS_NAMED_SHARE


def name_of(stack: "Running", picture: Path) -> str | None:
    """Ask for the name of the largest face of a picture; None for nobody known, and for no face."""
    faces = stack.http.post("/v1/predictions", files={"image": picture.read_bytes()}).json()["faces"]
    return faces[0]["person"] if faces else None
