"""Forgetting a person everywhere: nothing of them is left in Redis or on the disk."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from familiar.shared.contract.errors import UnknownPerson
from familiar.shared.contract.messages import Split
from familiar.shared.people.forget import Forgotten, forget_person
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.enrolments import Targets, list_enrolments, request_enrolment, start_enrolment
from familiar.shared.stores.models import MANIFEST, ModelStore
from familiar.shared.stores.sample_origin import SampleOrigin
from familiar.shared.stores.samples import SampleCounts, SampleStore
from tests.builders import publish_version
from tests.streams import keys_that_hold

STREAMS = ("frames:door", "faces", "predictions", "sightings")


@pytest.fixture
def samples(home: Path, client: redis.Redis) -> SampleStore:
    """Give a store with a sample of Zoe and one of Karan, both being enrolled."""
    store = SampleStore(home)
    for name, camera in (("Zoe", "door"), ("Karan", "yard")):
        person = store.register(name)
        announce_camera(client, Camera(camera=camera, source="0", state=CameraState.RUNNING))
        start_enrolment(client, request_enrolment(camera, person, Targets(3, 0)), SampleCounts())
        origin = SampleOrigin(frame_id="f", camera=camera, captured_at=datetime.now(UTC), enrolment_id="e")
        store.add(person.slug, Split.TRAIN, b"\xff\xd8crop", origin, 3)
    return store


def test_what_was_forgotten_is_told(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """How many samples, which versions, and whether anything is served now."""
    assert forget_person(client, samples, ModelStore(home), "zoe") == Forgotten(
        person="zoe", samples=1, model_versions=(), serving=False
    )


def test_only_the_others_are_left(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """People, samples and enrolments."""
    forget_person(client, samples, ModelStore(home), "zoe")
    assert [(person.slug, person.train_samples) for person in samples.people()] == [("karan", 1)]
    assert [enrolment.request.person for enrolment in list_enrolments(client)] == ["karan"]


def test_streams_and_their_dead_letters_are_emptied(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """A picture of the person may be in any of them."""
    for stream in STREAMS:
        client.xadd(stream, {"header": "zoe"})
        client.xadd(f"{stream}:dead", {"header": "zoe"})
    forget_person(client, samples, ModelStore(home), "zoe")
    assert [client.xlen(stream) for stream in STREAMS] == [0, 0, 0, 0]
    assert [client.exists(f"{stream}:dead") for stream in STREAMS] == [0, 0, 0, 0]


def test_previews_are_deleted(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """They show faces; whoever watches sees the next one."""
    client.xadd("previews:door", {"header": "a picture"})
    forget_person(client, samples, ModelStore(home), "zoe")
    assert not client.exists("previews:door")


def test_no_value_in_redis_names_the_person_any_more(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """Whatever key it is under; Redis gives values as they are when it is told not to compress them."""
    client.config_set("rdbcompression", "no")
    assert keys_that_hold(client, b"zoe") == {b"enrolment:door"}
    forget_person(client, samples, ModelStore(home), "zoe")
    assert keys_that_hold(client, b"zoe") == set()


def test_somebody_whom_nobody_knows_changes_nothing(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """The streams of the others are left alone."""
    client.xadd("faces", {"header": "karan"})
    with pytest.raises(UnknownPerson):
        forget_person(client, samples, ModelStore(home), "nobody")
    assert client.xlen("faces") == 1
    assert len(samples.people()) == 2


def test_every_version_that_knows_or_may_know_the_person_goes(
    client: redis.Redis, samples: SampleStore, home: Path
) -> None:
    """A damaged version cannot say whom it knows, so it goes too; a version of the others alone stays."""
    models = ModelStore(home)
    others, knowing, damaged = (publish_version(models, *people) for people in (("karan",), ("zoe",), ("karan",)))
    (home / "models" / str(damaged) / MANIFEST).unlink()
    assert forget_person(client, samples, models, "zoe").model_versions == (knowing, damaged)
    assert models.versions() == (others,)
    assert list((home / "models" / str(damaged)).iterdir()) == []


def test_a_rewrite_of_redis_file_that_began_before_is_followed_by_another(
    client: redis.Redis, samples: SampleStore, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold what was deleted since."""
    asked: list[bool] = []
    rewrite = client.bgrewriteaof

    def rewrite_later() -> object:
        asked.append(len(asked) >= 2)
        if not asked[-1]:
            raise redis.ResponseError("Background append only file rewriting already in progress")
        return rewrite()

    monkeypatch.setattr(client, "bgrewriteaof", rewrite_later)
    forget_person(client, samples, ModelStore(home), "zoe")
    assert asked == [False, False, True]


def test_a_forgetting_that_was_cut_short_can_be_repeated(client: redis.Redis, samples: SampleStore, home: Path) -> None:
    """The samples were gone already, the version was not."""
    models = ModelStore(home)
    version = publish_version(models, "zoe", "karan")
    samples.forget("zoe")
    assert forget_person(client, samples, models, "zoe").model_versions == (version,)
    assert models.current() is None
