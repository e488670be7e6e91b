"""Faces as any client of Redis may write them: each is answered or a dead letter, and the next one is answered."""

import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from familiar.services.inference.metrics.measured import REGISTRY
from familiar.shared.contract.messages import Box, Face
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera, withdraw_camera
from tests.builders import NOON
from tests.colour_crops import BLUE, RED, crop_of
from tests.odd_entries import odd_entries
from tests.replicas import Replica, names, show
from tests.streams import append, fields_of, pending

FACE = Face(
    face_id="t-0",
    frame_id="door-0",
    camera="door",
    captured_at=NOON,
    width=640,
    height=480,
    box=Box(x=0, y=0, width=64, height=64),
    track_id="t",
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(odd_entries(FACE, crop_of(RED)), min_size=1, max_size=3))
def test_an_odd_face_is_answered_or_buried_and_takes_no_other_along(
    client: redis.Redis, replica: Replica, odd: list[dict[bytes, bytes]]
) -> None:
    """Nothing is raised, nothing stays pending, and the good one behind it is named."""
    client.flushall()
    worker = replica("one")
    for fields in odd:
        append(client, "faces", fields)
    show(client, BLUE, 1, "good", "garden")
    while client.xlen("faces"):
        worker.step()
    assert names(client)[-1].person == "bea"
    assert pending(client, "faces", "inference") == 0
    assert len(fields_of(client, "faces:dead")) <= len(odd)


def test_a_camera_that_is_gone_leaves_no_metrics(client: redis.Redis, replica: Replica) -> None:
    """Browsers open ever new ones; those that are there are still counted."""
    for camera in ("laptop", "door"):
        announce_camera(client, Camera(camera=camera, source="browser", state=CameraState.RUNNING))
        show(client, BLUE, 1, f"t-{camera}", camera)
    worker = replica("one")
    worker.step()
    assert b'camera="laptop"' in generate_latest(REGISTRY)
    withdraw_camera(client, "laptop")
    worker._claimed_at = -60
    worker.step()
    text = generate_latest(REGISTRY)
    assert b'camera="laptop"' not in text
    assert b'familiar_predictions_total{camera="door",kind="person"}' in text
