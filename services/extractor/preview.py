"""Previews: processed frames, published while somebody watches their camera."""

from collections.abc import Sequence

import redis
from redis.client import Pipeline

from familiar.services.extractor.tracks import Track
from familiar.shared.contract import redis_names
from familiar.shared.contract.messages import Frame, Preview, TrackedBox
from familiar.shared.redis.stream import publish, run_transaction

# As long as a camera counts as watched after its last viewer has left, so no picture outlives that.
PREVIEW_SECONDS_KEPT = 5


def publish_preview(client: redis.Redis, frame: Frame, jpeg: bytes, faces: Sequence[Track]) -> None:
    """Publish a frame's JPEG with the tracks of its faces, in place of the previous preview."""
    preview = Preview(
        frame_id=frame.frame_id,
        camera=frame.camera,
        captured_at=frame.captured_at,
        width=frame.width,
        height=frame.height,
        faces=tuple(TrackedBox(box=face.box, track_id=face.track_id) for face in faces),
    )
    stream = redis_names.previews(frame.camera)

    def queue(pipeline: Pipeline) -> None:
        publish(pipeline, stream, preview, jpeg, most=1)
        pipeline.expire(stream, PREVIEW_SECONDS_KEPT)

    run_transaction(client, queue)
