"""Correcting predictions while everything runs: of a camera's stream, and of a picture over HTTP."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from familiar.cli.watch import predictions
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.inference.http.app import Stores, create_app
from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.services.inference.settings import InferenceSettings
from familiar.services.inference.stream.stream_follower import StreamFollower
from familiar.shared.access.token_store import TokenStore
from familiar.shared.contract.errors import UnknownKeptFace
from familiar.shared.contract.messages import Split
from familiar.shared.redis.connection import open_async_redis, open_redis
from familiar.shared.redis.kept_faces import find_kept_face
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import cut_face, encode_jpeg
from familiar.shared.vision.jpeg import with_comment
from tests.app_client import Site, keeping
from tests.builders import NO_SEALS, closed_port

if TYPE_CHECKING:
    from tests.e2e.conftest import Running


def marked(taught: "Running") -> int:
    """Count the faces that were marked as strangers'."""
    return StrangerStore(taught.stack.settings.home).count(StrangerSource.MARKED)


def kept(taught: "Running", prediction_id: str) -> bytes:
    """Give the crop of a prediction's one face, which is kept soon after the answer."""
    crops: list[bytes] = []

    def found() -> bool:
        with suppress(UnknownKeptFace):
            crops.append(find_kept_face(taught.client, NO_SEALS, prediction_id, None)[1])
        return bool(crops)

    taught.wait_for("the face to be kept", found)
    return crops[0]


def test_a_camera_s_prediction_is_corrected_by_the_id_that_the_stream_gives(taught: "Running") -> None:
    """A face on a camera becomes a stranger's, and then somebody's after all."""
    prediction = next(predictions(taught.client, seconds=30))
    before = taught.samples.count("arjun", Split.TRAIN), marked(taught)
    told = taught.familiar("correct", prediction.prediction_id, "--stranger")
    assert told.returncode == 0, told.stderr
    assert "is a stranger's now" in told.stdout
    assert (taught.samples.count("arjun", Split.TRAIN), marked(taught)) == (before[0], before[1] + 1)
    answer = taught.http.post("/v1/corrections", json={"prediction_id": prediction.prediction_id, "person": "Arjun"})
    assert answer.status_code == 200, answer.text
    assert marked(taught) == before[1]


def test_a_picture_s_prediction_is_corrected_by_the_id_of_its_answer(taught: "Running") -> None:
    """Somebody who was never enrolled is marked as a stranger, whatever they were called."""
    before = marked(taught)
    picture = encode_jpeg(draw(person("nobody"), seconds=200.0))
    answer = taught.http.post("/v1/predictions", files={"image": picture}).json()
    assert len(answer["faces"]) == 1
    told = taught.familiar("correct", answer["prediction_id"], "--stranger")
    assert told.returncode == 0, told.stderr
    assert marked(taught) == before + 1


def test_a_crop_is_named_whole_and_kept_as_it_was_sent_without_what_a_camera_adds(taught: "Running") -> None:
    """Nothing is searched for; encoding it again would lose detail, and where it was taken is nobody's business."""
    picture = draw(person("karan"), seconds=320.0)
    (box,) = HaarDetector().detect(picture)
    bare = encode_jpeg(cut_face(picture, box))
    for sent in (bare, with_comment(bare, "taken at home")):
        answer = taught.http.post(
            "/v1/predictions?crop=true", content=sent, headers={"Content-Type": "image/jpeg"}
        ).json()
        (face,) = answer["faces"]
        assert face["candidates"][0]["person"] == "karan"
        assert face["box"] == {"x": 0, "y": 0, "width": answer["width"], "height": answer["height"]}
        assert "detect" not in answer["timing_ms"]
        stored = kept(taught, answer["prediction_id"])
        assert (stored == sent) == (sent is bare)
        assert b"taken at home" not in stored


def test_a_picture_is_answered_although_nobody_can_keep_its_faces(
    taught: "Running", home: Path, picture_of_karan: bytes
) -> None:
    """There is no Redis at all; the prediction is the same, and only cannot be corrected."""
    nowhere = f"redis://127.0.0.1:{closed_port()}"
    away = open_redis(nowhere)
    watcher = ModelWatcher(away, taught.models, ServedModel(taught.models))
    watcher.poll()
    follower = StreamFollower(open_async_redis(nowhere), threading.Event())
    with keeping(away, 500) as keeper:
        tokens = TokenStore(home)
        stores = Stores(SampleStore(home), StrangerStore(home), taught.models, keeper, tokens)
        site = Site(create_app(away, stores, watcher, follower, away, InferenceSettings()), tokens)
        answer = site.ask("POST", "/v1/predictions", files={"image": picture_of_karan})
        assert answer.status_code == 200, answer.text
        assert [face["person"] for face in answer.json()["faces"]] == ["karan"]
        correction = {"prediction_id": answer.json()["prediction_id"], "stranger": True}
        refused = site.ask("POST", "/v1/corrections", json=correction)
        assert (refused.status_code, refused.json()["code"]) == (503, "redis-unavailable")
