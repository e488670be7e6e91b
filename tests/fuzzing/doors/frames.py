"""Frames in Redis, as any client of it may write them, to a real extractor."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hypothesis import strategies as st

from familiar.services.capture.capture import FrameOrigin, make_frame
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.messages import EnrolmentLabel, Face, Split
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.stream import publish
from tests.builders import NOON
from tests.fuzzing.door import Door, Fault, Outcome
from tests.fuzzing.entries import AT_ONCE, fates_of, wait_until_empty
from tests.fuzzing.ground import Ground
from tests.fuzzing.services import EXTRACTOR, services_of
from tests.odd_entries import odd_entries
from tests.streams import fields_of

FRAMES = "frames:door"
_LABEL = EnrolmentLabel(enrolment_id="e1", person="zoe", split=Split.TRAIN)
# Half the size is enough to be found, and not live, so that none is skipped.
FRAME, JPEG = make_frame(draw(person("zoe"), 5)[::2, ::2].copy(), FrameOrigin("door", NOON, 0), _LABEL, live=False)


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Write some odd frames and a good one behind them, again and again."""
    with services_of(ground, EXTRACTOR) as services:
        client = services.client

        def send(odd: Sequence[dict[bytes, bytes]]) -> list[Outcome]:
            announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
            client.delete("faces")
            fates = fates_of(client, FRAMES, odd, lambda: publish(client, FRAMES, FRAME, JPEG))
            faces = [Face.model_validate_json(fields[b"header"]) for fields in fields_of(client, "faces")]
            if not faces or faces[-1].frame_id != FRAME.frame_id:
                raise Fault("the good frame behind gave no face")
            return fates

        odd = st.lists(odd_entries(FRAME, JPEG), min_size=AT_ONCE, max_size=AT_ONCE)
        announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
        wait_until_empty(client, FRAMES)
        yield Door(odd, send, AT_ONCE, services.processes, look=services.require_sound)
