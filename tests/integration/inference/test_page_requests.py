"""What the page asks for beside what programs ask: lists, pictures, and going on to test samples."""

from pathlib import Path

import pytest
import redis

from familiar.shared.contract.messages import Sighting
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.kept_faces import MINUTES_KEPT, KeptFaces
from familiar.shared.redis.stream import publish, run_transaction
from familiar.shared.stores.models import ModelStore
from tests.app_client import Site
from tests.builders import NO_SEALS, NOON, manifest_of, prediction_of


def test_the_newest_sightings_are_listed_newest_first(site: Site, client: redis.Redis) -> None:
    """A hundred at most; what cannot be read is passed over."""
    for number in range(101):
        sighting = Sighting(
            sighting_id=f"s{number}",
            track_id="t",
            camera="door",
            event="came",
            person="zoe",
            confidence=0.9,
            model_version=1,
            at=NOON,
        )
        publish(client, "sightings", sighting)
    client.xadd("sightings", {"header": "no JSON"})
    listed = site.ask("GET", "/v1/sightings").json()
    assert [sighting["sighting_id"] for sighting in listed] == [f"s{number}" for number in range(100, 1, -1)]


def test_a_face_that_can_be_corrected_is_shown(site: Site, client: redis.Redis) -> None:
    """And kept by no browser."""
    run_transaction(
        client,
        lambda pipeline: KeptFaces(client, 5, MINUTES_KEPT, NO_SEALS).keep(
            pipeline, prediction_of("p1", "karan"), [b"a crop"]
        ),
    )
    answer = site.ask("GET", "/v1/predictions/p1/faces/1")
    assert (answer.content, answer.headers["content-type"]) == (b"a crop", "image/jpeg")
    assert answer.headers["cache-control"] == "no-store"
    gone = site.ask("GET", "/v1/predictions/p2/faces/1")
    assert (gone.status_code, gone.json()["type"]) == (404, "urn:familiar:unknown-kept-face")


def test_an_enrolment_goes_on_to_test_samples_when_told(site: Site, client: redis.Redis) -> None:
    """However few train samples there are."""
    announce_camera(client, Camera(camera="door", source="browser", state=CameraState.RUNNING))
    begun = site.ask("POST", "/v1/enrolments", json={"camera": "door", "name": "Zoë"}).json()
    assert begun["split"] == "train"
    assert site.ask("POST", "/v1/enrolments/door/end-train").json()["split"] == "test"
    assert site.ask("POST", "/v1/enrolments/yard/end-train").status_code == 404


@pytest.fixture
def version(home: Path) -> int:
    """Publish a version with a picture."""
    models = ModelStore(home)
    with models.staging_folder() as staging:
        (staging / "mistake-01.jpg").write_bytes(b"a face")
        (staging / "model.tflite").write_bytes(b"a network")
        return models.publish(staging, lambda number, files: manifest_of(number, files, ("zoe",))).version


def test_a_version_s_pictures_are_shown(site: Site, version: int) -> None:
    """And kept by no browser."""
    answer = site.ask("GET", f"/v1/models/{version}/pictures/mistake-01.jpg")
    assert (answer.content, answer.headers["content-type"]) == (b"a face", "image/jpeg")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["model.tflite", "mistake-02.jpg", "manifest.json", "..%2f..%2fcurrent"])
def test_what_is_no_picture_of_a_version_is_not_shown(site: Site, version: int, name: str) -> None:
    """Whatever else lies in its folder."""
    assert site.ask("GET", f"/v1/models/{version}/pictures/{name}").status_code == 404
    assert site.ask("GET", "/v1/models/7/pictures/mistake-01.jpg").status_code == 404
