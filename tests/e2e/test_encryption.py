"""Everything with a key: enrolling, training and naming as ever, and no face on the disk or in Redis in the clear."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from familiar.cli.train import follow_training
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import Base, TrainingOptions
from familiar.shared.redis.training_queue import enqueue_training
from familiar.shared.stores.encryption_key import create_key_file
from familiar.shared.stores.sealing import is_sealed
from familiar.shared.vision.images import encode_jpeg

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

PICTURES = 24


def photographs(folder: Path, name: str) -> Path:
    """Draw pictures of a person."""
    folder.mkdir()
    for number in range(PICTURES):
        (folder / f"{number:02}.jpg").write_bytes(encode_jpeg(draw(person(name), number * 1.7)))
    return folder


def test_two_people_are_enrolled_learned_and_named(
    start_stack: Callable[..., AbstractContextManager["Running"]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All services have the key, out of the environment in which they were started."""
    home, key_file = tmp_path / "home", tmp_path / "key"
    home.mkdir()
    create_key_file(key_file)
    monkeypatch.setenv("FAMILIAR_KEY_FILE", str(key_file))
    with start_stack(home) as stack:
        for name in ("Karan", "Arjun"):
            pictures = photographs(tmp_path / name, name.lower())
            enrolled = stack.familiar("enrol", name, "--photos", str(pictures), "--train", "12", "--test", "6")
            assert "12 train and 6 test samples" in enrolled.stdout, enrolled.stderr + stack.logs()
        options = TrainingOptions(weights="random", base=Base.MOBILENET, base_width=0.25, epochs=3, force=True)
        job = enqueue_training(stack.client, stack.trainings, options)
        stack.wait_until_served(follow_training(stack.client, stack.trainings, job.job_id))
        asked = (tmp_path / "Karan" / "00.jpg").read_bytes()
        prediction = stack.http.post("/v1/predictions", files={"image": asked}).json()
        assert len(prediction["faces"]) == 1
        face = stack.http.get(f"/v1/predictions/{prediction['prediction_id']}/faces/1")
        assert face.content.startswith(b"\xff\xd8")
        (kept, *_) = stack.client_of(redis_names.INFERENCE).scan_iter(match=redis_names.kept_face("*"))
        assert is_sealed(stack.client_of(redis_names.INFERENCE).hget(kept, "payload"))  # type: ignore[arg-type]
        samples = list(home.glob("samples/*/*/*.jpg"))
        assert len(samples) == 36
        assert all(is_sealed(path.read_bytes()) for path in samples)
        corrected = stack.familiar("correct", prediction["prediction_id"], "--stranger")
        assert "a stranger's now" in corrected.stdout, corrected.stderr
        (marked,) = home.glob("strangers/marked/*.jpg")
        assert is_sealed(marked.read_bytes())
        forgotten = stack.http.delete("/v1/people/karan").json()
        assert forgotten["samples"] == 18
        assert not list(home.rglob("karan*"))
