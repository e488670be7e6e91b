"""A camera's preview: pictures only while somebody watches, with the name that each track has got."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import redis

from familiar.services.extractor.frame_worker import FrameWorker
from familiar.services.extractor.preview import PREVIEW_SECONDS_KEPT, publish_preview
from familiar.services.extractor.tracks import Track
from familiar.services.inference.http.preview_drawing import BOX_COLOUR
from familiar.services.inference.stream.sightings import SeenFace, View
from familiar.shared.contract.messages import Box, Face, Frame, Preview
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.stream import parse_entry
from familiar.shared.vision.images import decode_image, encode_jpeg
from tests.app_client import Site
from tests.builders import NOON, publish_labelled, zoe
from tests.serving import Serving, pictures, wait_until
from tests.streams import fields_of

BOX = Box(x=200, y=200, width=120, height=120)


def previews(client: redis.Redis) -> list[tuple[Preview, bytes]]:
    """Read the previews of the door."""
    return [parse_entry(fields, Preview) for fields in fields_of(client, "previews:door")]


def show(client: redis.Redis, faces: int, grey: int = 40) -> bytes:
    """Publish a preview of the door, plain but for its faces, and give its JPEG."""
    frame = Frame(frame_id="door-1-1", camera="door", captured_at=NOON, width=640, height=480)
    jpeg = encode_jpeg(np.full((480, 640, 3), grey, np.uint8))
    publish_preview(client, frame, jpeg, [Track("t", BOX, NOON)] * faces)
    return jpeg


def name(client: redis.Redis, person: str | None) -> None:
    """Have the door's track seen as this person."""
    face = SeenFace("f", "t", NOON, person, 0.9, 1)
    client.set(
        "view:door", View(camera="door", tracks=(View(camera="door").track_of(face).with_face(face),)).model_dump_json()
    )


@contextmanager
def watching(inference: Serving, client: redis.Redis) -> Iterator[Iterator[bytes]]:
    """Watch the door, which gives no frames by itself."""
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.FAILING))
    with inference.http.stream("GET", "/v1/cameras/door/preview") as response:
        assert response.status_code == 200, response.read()
        yield pictures(response)


def test_while_nobody_watches_there_are_no_previews(client: redis.Redis, worker: FrameWorker) -> None:
    """Faces are found and published all the same."""
    publish_labelled(client, zoe(1), 0, None)
    worker.step()
    assert client.xlen("faces") == 1
    assert previews(client) == []


def test_a_watched_camera_shows_its_newest_frame_with_the_tracks_of_its_faces(
    client: redis.Redis, worker: FrameWorker
) -> None:
    """The JPEG is the frame's own, and goes when nobody watches any more."""
    client.set("watched:door", 1)
    for sequence in range(2):
        publish_labelled(client, zoe(1), sequence, None)
        frame = fields_of(client, "frames:door")[-1]
        worker.step()
    ((preview, jpeg),) = previews(client)
    assert jpeg == frame[b"payload"]
    published = [Face.model_validate_json(fields[b"header"]) for fields in fields_of(client, "faces")]
    assert preview.frame_id == published[-1].frame_id
    assert [(face.box, face.track_id) for face in preview.faces] == [(published[-1].box, published[0].track_id)]
    assert 0 < client.ttl("previews:door") <= PREVIEW_SECONDS_KEPT


@pytest.mark.parametrize("path", ["/v1/cameras/nowhere/preview", "/v1/cameras/nowhere/faces/stream"])
def test_a_camera_that_is_not_there_is_a_named_error(site: Site, path: str) -> None:
    """It says which there are."""
    answer = site.ask("GET", path)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:familiar:unknown-camera")


def test_a_camera_without_frames_is_waited_for_and_is_shown_as_it_is(client: redis.Redis, inference: Serving) -> None:
    """While somebody looks, the camera counts as watched, and no longer."""
    with watching(inference, client) as stream:
        assert client.exists("watched:door")
        client.delete("watched:door")
        wait_until(lambda: bool(client.exists("watched:door")))
        jpeg = show(client, faces=0)
        assert next(stream) == jpeg
    wait_until(lambda: not client.exists("watched:door"))


def test_without_names_the_picture_is_the_camera_s_own(client: redis.Redis, inference: Serving) -> None:
    """Whoever draws the boxes themselves gets the JPEG as it came."""
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.FAILING))
    with inference.http.stream("GET", "/v1/cameras/door/preview?names=false") as response:
        jpeg = show(client, faces=1)
        assert next(pictures(response)) == jpeg


def test_where_faces_are_is_sent_as_events(client: redis.Redis, inference: Serving) -> None:
    """Without a model, too; the camera counts as watched meanwhile."""
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.FAILING))
    with inference.http.stream("GET", "/v1/cameras/door/faces/stream") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        wait_until(lambda: bool(client.exists("watched:door")))
        show(client, faces=1)
        lines = (line for line in response.iter_lines() if line.startswith(("event:", "data:")))
        assert next(lines) == "event: faces"
        preview = Preview.model_validate_json(next(lines).removeprefix("data:"))
    assert [face.box for face in preview.faces] == [BOX]
    assert (preview.width, preview.height) == (640, 480)


@pytest.mark.parametrize("person", [None, "karan"])
def test_faces_are_drawn_with_the_name_that_their_track_has_now(
    client: redis.Redis, inference: Serving, person: str | None
) -> None:
    """What is written differs between no answer yet, unknown, and a person."""
    with watching(inference, client) as stream:
        show(client, faces=1)
        waiting = decode_image(next(stream))
        name(client, person)
        show(client, faces=1)
        named = decode_image(next(stream))
    edge = named[210:310, BOX.x].astype(int)
    assert np.abs(edge - BOX_COLOUR).mean() < 40
    assert (np.abs(named.astype(int) - waiting)[: BOX.y - 5] > 60).any()
    assert np.abs(named.astype(int) - waiting)[BOX.y + 10 :].max() < 60


def test_what_cannot_be_shown_is_passed_over(client: redis.Redis, inference: Serving) -> None:
    """The next picture comes all the same."""
    with watching(inference, client) as stream:
        client.xadd("previews:door", {"header": "{}", "payload": ""})
        jpeg = show(client, faces=0)
        assert next(stream) == jpeg
