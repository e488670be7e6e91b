"""Faces in Redis, as any client of it may write them, to a real inference."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hypothesis import strategies as st

from tests.colour_crops import BLUE, RED, crop_of
from tests.fuzzing.door import Door, Fault, Outcome
from tests.fuzzing.doors.messages import FACE
from tests.fuzzing.entries import AT_ONCE, fates_of
from tests.fuzzing.ground import Ground
from tests.fuzzing.services import INFERENCE, services_of
from tests.odd_entries import odd_entries
from tests.replicas import names, show


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Write some odd faces and a good one behind them, again and again."""
    with services_of(ground, INFERENCE) as services:
        client = services.client

        def send(odd: Sequence[dict[bytes, bytes]]) -> list[Outcome]:
            client.delete("predictions", "track:good")
            fates = fates_of(client, "faces", odd, lambda: show(client, BLUE, 1, "good", "garden"))
            if names(client)[-1].person != "bea":
                raise Fault("the good face behind was not named")
            return fates

        odd = st.lists(odd_entries(FACE, crop_of(RED)), min_size=AT_ONCE, max_size=AT_ONCE)
        yield Door(odd, send, AT_ONCE, services.processes, look=services.require_sound)
