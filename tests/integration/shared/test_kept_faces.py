"""Faces that are kept for a correction, on a real Redis: so many, so long, and no longer."""

import pytest
import redis

from familiar.shared.contract import redis_names
from familiar.shared.contract.errors import InvalidRequest, UnknownKeptFace
from familiar.shared.contract.messages import KeptFace
from familiar.shared.redis.kept_faces import MINUTES_KEPT, KeptFaces, delete_kept_faces, find_kept_face
from familiar.shared.redis.stream import run_transaction
from tests.builders import NO_SEALS, NOON, crop, prediction_of


def keep(client: redis.Redis, most: int, prediction_id: str, *people: str | None) -> None:
    """Keep the faces of a prediction that took them for these people; each crop has its own grey."""
    crops = [crop(10 * number) for number in range(1, len(people) + 1)]
    run_transaction(
        client,
        lambda pipeline: KeptFaces(client, most, MINUTES_KEPT, NO_SEALS).keep(
            pipeline, prediction_of(prediction_id, *people), crops
        ),
    )


def kept_keys(client: redis.Redis) -> list[bytes]:
    """List the keys of what is kept."""
    return sorted(client.scan_iter(match=redis_names.kept_face("*")))


def test_the_one_face_of_a_prediction_is_found_by_its_id(client: redis.Redis) -> None:
    """With its crop, and whom it was taken for."""
    keep(client, 5, "p1", "karan")
    keep(client, 5, "p2", None)
    face, jpeg = find_kept_face(client, NO_SEALS, "p1", None)
    assert face == KeptFace(prediction_id="p1", number=1, faces=1, camera="door", captured_at=NOON, person="karan")
    assert jpeg == crop(10)
    assert find_kept_face(client, NO_SEALS, "p2", 1)[0].person is None


def test_of_several_faces_one_is_named_by_its_number(client: redis.Redis) -> None:
    """In the order of the prediction."""
    keep(client, 5, "p1", "karan", None, "zoe")
    found = [find_kept_face(client, NO_SEALS, "p1", number) for number in (1, 2, 3)]
    assert [(face.person, jpeg) for face, jpeg in found] == [("karan", crop(10)), (None, crop(20)), ("zoe", crop(30))]


@pytest.mark.parametrize(
    ("number", "sentence"), [(None, "3 faces. Say which one.*--face"), (4, "no face 4. Use a number from 1 to 3")]
)
def test_a_face_that_is_not_named_is_asked_for(client: redis.Redis, number: int | None, sentence: str) -> None:
    """Nobody guesses."""
    keep(client, 5, "p1", "karan", None, "zoe")
    with pytest.raises(InvalidRequest, match=sentence):
        find_kept_face(client, NO_SEALS, "p1", number)


def test_only_the_newest_are_kept(client: redis.Redis) -> None:
    """However many come, and by whichever replica."""
    for number in range(7):
        keep(client, 3, f"p{number}", "karan")
    assert len(kept_keys(client)) == 3
    assert [find_kept_face(client, NO_SEALS, f"p{number}", None)[0].prediction_id for number in (4, 5, 6)] == [
        "p4",
        "p5",
        "p6",
    ]
    with pytest.raises(UnknownKeptFace, match=r"'p3' is kept.*FAMILIAR_KEPT_FACES"):
        find_kept_face(client, NO_SEALS, "p3", None)


def test_a_face_that_made_room_for_others_is_gone(client: redis.Redis) -> None:
    """The others of its prediction are not."""
    keep(client, 2, "p1", "karan", "zoe")
    keep(client, 2, "p2", "karan")
    gone, left = sorted((1, 2), key=lambda number: _is_kept(client, number))
    assert (_is_kept(client, gone), _is_kept(client, left)) == (False, True)
    with pytest.raises(UnknownKeptFace, match=f"Face {gone} of prediction 'p1' is gone"):
        find_kept_face(client, NO_SEALS, "p1", gone)


def _is_kept(client: redis.Redis, number: int) -> bool:
    try:
        find_kept_face(client, NO_SEALS, "p1", number)
    except UnknownKeptFace:
        return False
    return True


def test_none_is_kept_longer_than_an_hour(client: redis.Redis) -> None:
    """Redis itself deletes it, whether inference runs or not."""
    keep(client, 5, "p1", "karan", "zoe")
    assert len(kept_keys(client)) == 2
    assert all(0 < client.ttl(key) <= 60 * MINUTES_KEPT for key in kept_keys(client))


def test_faces_are_kept_for_as_many_minutes_as_a_setting_says(client: redis.Redis) -> None:
    """Fewer than by default, here."""
    run_transaction(
        client,
        lambda pipeline: KeptFaces(client, 5, 2, NO_SEALS).keep(pipeline, prediction_of("p1", "karan"), [crop(1)]),
    )
    (key,) = kept_keys(client)
    assert 0 < client.ttl(key) <= 120


def test_what_ran_out_is_not_found(client: redis.Redis) -> None:
    """The sentence says for how long faces are kept."""
    keep(client, 5, "p1", "karan")
    (key,) = kept_keys(client)
    client.pexpireat(key, 1)
    with pytest.raises(UnknownKeptFace, match="FAMILIAR_KEEP_FACES_MINUTES for how long"):
        find_kept_face(client, NO_SEALS, "p1", None)


def test_nothing_is_kept_where_nothing_is_to_be_kept(client: redis.Redis) -> None:
    """Not even a count."""
    keep(client, 0, "p1", "karan")
    assert client.keys() == []
    with pytest.raises(UnknownKeptFace, match="0 none"):
        find_kept_face(client, NO_SEALS, "p1", None)


def test_a_picture_without_faces_keeps_nothing(client: redis.Redis) -> None:
    """There is nothing to correct."""
    keep(client, 5, "p1")
    assert client.keys() == []


def test_a_transaction_that_fails_keeps_nothing(client: redis.Redis) -> None:
    """What was not answered cannot be corrected."""
    with pytest.raises(RuntimeError, match="power cut"):
        run_transaction(client, lambda pipeline: _fail_after_keeping(client, pipeline))
    assert kept_keys(client) == []


def _fail_after_keeping(client: redis.Redis, pipeline: redis.client.Pipeline) -> None:
    KeptFaces(client, 5, MINUTES_KEPT, NO_SEALS).keep(pipeline, prediction_of("p1", "karan"), [crop(1)])
    raise RuntimeError("power cut")


def test_all_of_them_can_be_deleted(client: redis.Redis) -> None:
    """And nothing else."""
    keep(client, 5, "p1", "karan", "zoe")
    client.set("camera:door", "running")
    delete_kept_faces(client)
    assert kept_keys(client) == []
    assert client.exists("camera:door")
