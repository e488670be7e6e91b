"""A camera's frames on their way to Redis."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from familiar.services.capture.publisher import FramePublisher
from familiar.shared.contract.messages import Frame
from familiar.shared.people.forget import forget_person
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from tests.builders import FRAMES, enrol_zoe, zoe
from tests.held_up import held_up
from tests.remains import remains
from tests.serving import DEADLINE_SECONDS
from tests.streams import fields_of


def test_a_frame_of_an_enrolment_names_its_person(client: redis.Redis, store: SampleStore) -> None:
    """The extractor stores its sample under that name."""
    enrol_zoe(client, store, 5, 0)
    FramePublisher(client, "door", "0", threading.Event()).publish(zoe(0))
    (fields,) = fields_of(client, FRAMES)
    label = Frame.model_validate_json(fields[b"header"]).enrolment
    assert label is not None
    assert label.person == "zoe"


def test_a_frame_in_the_making_does_not_name_somebody_who_was_forgotten_meanwhile(
    client: redis.Redis, store: SampleStore, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would stay in the queue where no extractor runs; the next frame comes without a name."""
    enrol_zoe(client, store, 5, 0)
    publisher = FramePublisher(client, "door", "0", threading.Event())
    with ThreadPoolExecutor() as threads:
        with held_up(publisher, "_wait_for_room", monkeypatch) as arrived:
            published = threads.submit(publisher.publish, zoe(0))
            assert arrived.wait(DEADLINE_SECONDS)
            forget_person(client, store, ModelStore(home), "zoe")
        published.result()
    assert remains(home, client, [b"zoe"]) == set()
    publisher.publish(zoe(1))
    (fields,) = fields_of(client, FRAMES)
    assert Frame.model_validate_json(fields[b"header"]).enrolment is None
