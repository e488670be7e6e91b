"""What has been kept for long enough is deleted: from the disk, from Redis, and with nothing of it left."""

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from structlog.testing import capture_logs

from familiar.shared.archive.backup import write_backup
from familiar.shared.contract.messages import Split
from familiar.shared.people.retention import Expired, expire
from familiar.shared.redis.enrolments import Targets, begin_enrolment, cancel_enrolment
from familiar.shared.redis.stream import publish
from familiar.shared.runtime.files import PARTIAL_PREFIX
from familiar.shared.runtime.settings import RetentionSettings
from familiar.shared.stores.expiry import retention_lock
from familiar.shared.stores.models import MANIFEST, ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from tests.builders import crop, origin, prediction_of, publish_version
from tests.command_line import familiar
from tests.remains import remains
from tests.small_disk import small_disk

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
NOTHING = Expired()


class Kept:
    """The stores of a home, and what deletes from them."""

    def __init__(self, home: Path, client: redis.Redis) -> None:
        self.home = home
        self.client = client
        self.samples, self.strangers, self.models = SampleStore(home), StrangerStore(home), ModelStore(home)

    def enrol(self, name: str, *ages: int, split: Split = Split.TRAIN) -> str:
        """Enrol somebody with samples of so many days ago."""
        person = self.samples.register(name).slug
        for number, age in enumerate(ages):
            self.samples.add(person, split, crop(number * 9 + len(name)), origin(number, NOW - age * DAY), None)
        return person

    def expire(self, now: datetime = NOW, **days: int) -> Expired:
        """Delete what has expired, with the defaults of all other settings."""
        settings = RetentionSettings(home=self.home, **days)  # type: ignore[arg-type]
        return expire(self.client, self.samples, self.strangers, self.models, settings, now)

    def left(self, person: str) -> tuple[int, int]:
        """Count the samples of somebody."""
        return self.samples.count(person, Split.TRAIN), self.samples.count(person, Split.TEST)


@pytest.fixture
def kept(home: Path, client: redis.Redis) -> Kept:
    """Give an empty home."""
    return Kept(home, client)


def age(path: Path, days: int) -> None:
    """Let a file be as old as that."""
    then = (NOW - days * DAY).timestamp()
    os.utime(path, (then, then))


def test_samples_are_kept_until_somebody_deletes_them_unless_a_setting_says_how_long(kept: Kept) -> None:
    """People gave them on purpose; no clock that is wrong deletes everybody."""
    kept.enrol("Zoe", 5000, 4000)
    assert kept.expire() == NOTHING
    assert kept.expire(NOW + 10_000 * DAY) == NOTHING
    assert kept.left("zoe") == (2, 0)


def test_samples_expire_one_by_one_and_whoever_has_newer_ones_stays(kept: Kept) -> None:
    """Train samples and test samples, by when they were taken."""
    kept.enrol("Zoe", 31, 30, 29, 2, 1)
    kept.enrol("Zoe", 40, 3, split=Split.TEST)
    assert kept.expire(keep_samples_days=30) == Expired(samples=3)
    assert kept.left("zoe") == (3, 1)
    assert kept.expire(keep_samples_days=30) == NOTHING


def test_a_sample_from_elsewhere_is_as_old_as_its_file(kept: Kept) -> None:
    """It does not say when it was taken."""
    kept.enrol("Zoe", 1, 1)
    stray = kept.home / "samples" / "train" / "zoe" / "stray.jpg"
    stray.write_bytes(crop(200))
    age(stray, 31)
    assert kept.expire(keep_samples_days=30) == Expired(samples=1)
    assert not stray.exists()


def test_whoever_has_too_few_samples_left_is_forgotten_with_every_version_that_knows_them(kept: Kept) -> None:
    """One sample is too few to train on: it would fail the trainings of all others. The log names nobody."""
    kept.enrol("Zoe Kruger", 400, 400, 1)
    kept.enrol("Karan", 1, 1)
    publish_version(kept.models, "karan")
    publish_version(kept.models, "karan", "zoe-kruger")
    with capture_logs() as logs:
        done = kept.expire(keep_samples_days=365)
    assert (done.people, done.samples) == (1, 0)
    assert [person.slug for person in kept.samples.people()] == ["karan"]
    assert kept.models.versions() == (1,)
    assert kept.models.current() == 1
    assert remains(kept.home, kept.client, [b"zoe"]) == set()
    assert "expired" in str(logs)
    assert "zoe" not in str(logs).lower()


def test_whoever_is_being_enrolled_again_is_not_forgotten_over_their_former_samples(kept: Kept) -> None:
    """Not until the enrolment has ended."""
    kept.enrol("Zoe", 400, 400)
    begin_enrolment(kept.client, kept.samples, "door", "Zoe", Targets(3, 0))
    assert kept.expire(keep_samples_days=365) == NOTHING
    cancel_enrolment(kept.client, kept.samples, "door")
    assert kept.expire(keep_samples_days=365).people == 1


def test_strangers_faces_expire_but_for_public_ones(kept: Kept) -> None:
    """A year after they were stored, by default; nobody asked those people."""
    for source in StrangerSource:
        kept.strangers.add(source, crop(1), None)
        kept.strangers.add(source, crop(2), None)
        age(kept.home / "strangers" / source / f"{kept.strangers.face_ids(source)[0]}.jpg", 366)
    assert kept.expire() == Expired(strangers=2)
    assert [kept.strangers.count(source) for source in StrangerSource] == [2, 1, 1]
    assert kept.expire(NOW + 400 * DAY, keep_strangers_days=0) == NOTHING


def test_old_versions_go_and_their_numbers_are_not_used_again(kept: Kept) -> None:
    """The newest ten stay, by default."""
    for _ in range(12):
        publish_version(kept.models, "zoe")
    assert kept.expire() == Expired(model_versions=2)
    assert kept.models.versions() == tuple(range(3, 13))
    assert list((kept.home / "models" / "1").iterdir()) == []
    assert publish_version(kept.models, "zoe") == 13
    assert kept.models.open(12)


def test_what_is_served_pinned_or_gone_back_to_is_never_deleted(kept: Kept) -> None:
    """Version 2 is pinned, 4 is current, and 3 is the one before it."""
    for rejected in (None, None, None, None, "worse", "worse"):
        publish_version(kept.models, "zoe", rejected=rejected)
    kept.models.activate(2)
    assert kept.expire(keep_versions=1) == Expired(model_versions=2)
    assert kept.models.versions() == (2, 3, 4, 6)
    kept.models.unpin()
    assert kept.models.current() == 4


def test_a_damaged_version_is_left_to_whoever_may_mend_it(kept: Kept) -> None:
    """Nobody knows how old it is."""
    for _ in range(3):
        publish_version(kept.models, "zoe")
    (kept.home / "models" / "1" / MANIFEST).write_text("{")
    assert kept.expire(keep_versions=1) == NOTHING
    assert (kept.home / "models" / "1" / MANIFEST).exists()


def test_a_version_whose_deletion_was_cut_short_is_deleted_after_a_day(kept: Kept) -> None:
    """Its report shows faces. One that is being put back by hand has a young folder."""
    for _ in range(3):
        publish_version(kept.models, "zoe")
    cut_short, put_back, damaged = (kept.home / "models" / str(number) for number in (1, 2, 3))
    for folder in (cut_short, put_back):
        (folder / MANIFEST).unlink()
    (damaged / MANIFEST).write_text("{")
    age(cut_short, 2)
    age(damaged, 2)
    left = len(list(cut_short.iterdir()))
    assert left > 0
    assert kept.expire() == Expired(leftovers=left)
    assert [any(folder.iterdir()) for folder in (cut_short, put_back, damaged)] == [False, True, True]
    assert publish_version(kept.models, "zoe") == 4


def test_predictions_and_sightings_expire_in_redis(kept: Kept) -> None:
    """They tell who came when; those of the last days stay."""
    publish(kept.client, "predictions", prediction_of("p1", "zoe"))
    publish(kept.client, "sightings", prediction_of("p1", "zoe"))
    assert kept.expire(NOW + 29 * DAY) == NOTHING
    assert kept.expire(NOW + 31 * DAY) == Expired(entries=2)
    assert remains(kept.home, kept.client, [b"zoe"]) == set()


def test_of_a_stream_exactly_what_has_expired_is_deleted(kept: Kept) -> None:
    """Not only in whole blocks, as Redis trims by itself."""
    for age in (32, 31, 30, 29, 1):
        milliseconds = int((NOW - age * DAY).timestamp() * 1000)
        kept.client.xadd("sightings", {"header": "{}", "payload": b""}, id=f"{milliseconds}-0")
    assert kept.expire(NOW + timedelta(seconds=1)) == Expired(entries=3)
    assert kept.client.xlen("sightings") == 2


def test_what_killed_processes_left_behind_is_deleted_after_a_day(kept: Kept) -> None:
    """Half-written samples hold faces, too; what is being written stays."""
    left = [
        kept.home / "samples" / f"{PARTIAL_PREFIX}old",
        kept.home / "models" / f"{PARTIAL_PREFIX}staged" / "model.tflite",
        kept.home / "models" / "lost.checkpoint",
    ]
    written = [kept.home / "samples" / f"{PARTIAL_PREFIX}new", kept.home / "models" / "running.checkpoint"]
    for path in (*left, *written):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(crop(1))
    for path in (left[0], left[1].parent, left[2]):
        age(path, 2)
    assert kept.expire() == Expired(leftovers=3)
    assert [path.exists() for path in (*left, *written)] == [False, False, False, True, True]


def test_a_leftover_that_cannot_be_deleted_keeps_no_other(kept: Kept) -> None:
    """As one of another user; here it is where a disk is mounted."""
    with small_disk(kept.home / f"{PARTIAL_PREFIX}a", 100_000) as busy:
        other = kept.home / "samples" / f"{PARTIAL_PREFIX}b"
        other.write_bytes(crop(1))
        for path in (busy, other):
            age(path, 2)
        assert kept.expire() == Expired(leftovers=1)
        assert not other.exists()


def test_one_process_at_a_time_deletes(kept: Kept) -> None:
    """Replicas of inference share one home; the others do it next time."""
    kept.enrol("Zoe", 31, 1, 1)
    with retention_lock(kept.home):
        assert kept.expire(keep_samples_days=30) == NOTHING
    assert kept.expire(keep_samples_days=30) == Expired(samples=1)


def test_nothing_expires_while_a_backup_is_written(kept: Kept) -> None:
    """It would be of no use, as it would still hold what was deleted."""
    kept.enrol("Zoe", 400, 400)
    kept.enrol("Karan", 1, 1)
    done: list[Expired] = []

    class Slow(io.BytesIO):
        """A file, during whose writing something expires."""

        def write(self, data: "ReadableBuffer", /) -> int:
            done.append(kept.expire(keep_samples_days=365))
            return super().write(data)

    file = Slow()
    index = write_backup(kept.home, file, NOW)
    assert set(done) == {NOTHING}
    assert "2 people" in index.in_words()
    assert kept.expire(keep_samples_days=365).people == 1


def test_the_list_of_people_tells_until_when_they_are_kept(kept: Kept, redis_url: str) -> None:
    """That is when the second newest sample expires, and only said where samples expire."""
    kept.enrol("Zoe", 400, 20, 10)
    settings = {"FAMILIAR_HOME": str(kept.home), "REDIS_URL": redis_url}
    assert "kept until" not in familiar("people", **settings).stdout
    listed = familiar("people", **settings, FAMILIAR_KEEP_SAMPLES_DAYS="30").stdout
    assert "kept until" in listed
    assert f"{NOW + 10 * DAY:%Y-%m-%d}" in listed
