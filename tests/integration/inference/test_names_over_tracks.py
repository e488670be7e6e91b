"""Names on a real Redis with a real network: averages over tracks, whichever replicas answer."""

from pathlib import Path

import numpy as np
import pytest
import redis

from familiar.services.inference.model.predict import name_face, predict_crop
from familiar.services.inference.model.predictor import load_predictor
from familiar.services.inference.stream.departures import say_who_left
from familiar.services.inference.stream.view_store import SIGHTINGS_KEPT, TRACK_SECONDS_KEPT
from familiar.shared.contract.messages import Box
from familiar.shared.stores.models import ModelStore
from tests.colour_crops import BLUE, GREEN, RED, REDDISH, crop_of
from tests.colour_model import publish_colours
from tests.replicas import Replica, at, names, said, show, sightings, start
from tests.streams import fields_of

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

BOX = Box(x=0, y=0, width=64, height=64)


def test_a_prediction_names_the_track_and_the_mean_over_it(client: redis.Redis, replica: Replica) -> None:
    """The first face is answered alone, the second by the mean of both."""
    show(client, REDDISH, 0)
    show(client, GREEN, 1)
    replica("one").step()
    first, second = names(client)
    assert (first.track_id, first.person) == ("t", "rob")
    assert (second.track_id, second.person, second.reason) == ("t", None, "below_threshold")
    assert second.confidence == pytest.approx(first.confidence / 2, abs=0.01)
    assert second.candidates[0].person == "rob"
    assert second.candidates[0].confidence == second.confidence


def test_one_odd_face_does_not_change_a_name(client: redis.Redis, replica: Replica) -> None:
    """The average of its track stands."""
    for number in range(5):
        show(client, RED, number)
    show(client, GREEN, 5)
    replica("one").step()
    assert [face.person for face in names(client)] == ["rob"] * 6
    assert names(client)[5].confidence == pytest.approx(5 / 6, abs=0.01)


@pytest.mark.parametrize(("track_threshold", "named"), [(None, "rob"), (0.45, "rob"), (0.7, None)])
def test_a_track_is_judged_by_the_threshold_for_tracks(
    client: redis.Redis, home: Path, track_threshold: float | None, named: str | None
) -> None:
    """A picture of the same face, which Rob's confidence is 0.62 of, is named by the other one, 0.5."""
    store = ModelStore(home)
    version = publish_colours(store, track_threshold=track_threshold)
    for number in range(3):
        show(client, REDDISH, number)
    start(client, "one", store).step()
    assert [(face.person, face.reason) for face in names(client)] == [(named, None if named else "below_threshold")] * 3
    assert [face.confidence for face in names(client)] == pytest.approx([0.62] * 3, abs=0.01)
    assert said(client) == [("came", named, 0)]
    (picture,) = predict_crop(crop_of(REDDISH), load_predictor(store, version)).faces
    assert (picture.person, picture.track_id) == ("rob", None)


def test_a_track_may_be_named_where_one_face_alone_is_not(client: redis.Redis, home: Path) -> None:
    """The threshold for tracks is the lower one."""
    store = ModelStore(home)
    version = publish_colours(store, track_threshold=0.3)
    for number, colour in enumerate((REDDISH, GREEN)):
        show(client, colour, number)
    start(client, "one", store).step()
    assert [face.person for face in names(client)] == ["rob", "rob"]
    assert names(client)[1].confidence == pytest.approx(0.31, abs=0.01)
    predictor = load_predictor(store, version)
    average = np.array([0.0, 0.31], np.float32)
    assert name_face(BOX, average, predictor).person is None
    assert name_face(BOX, average, predictor, "t").person == "rob"


def test_a_face_that_is_too_blurred_or_too_small_gets_no_name_and_counts_for_nothing(
    client: redis.Redis, replica: Replica
) -> None:
    """Neither in the average of its track, nor in who is in view; the answer says why."""
    show(client, RED, 0)
    show(client, BLUE, 1, sharp=False)
    show(client, BLUE, 2, width=39)
    show(client, RED, 3)
    show(client, RED, 4)
    show(client, BLUE, 5, sharp=False)
    replica("one").step()
    assert [(face.person, face.reason) for face in names(client)] == [
        ("rob", None),
        (None, "too_blurred"),
        (None, "too_small"),
        ("rob", None),
        ("rob", None),
        (None, "too_blurred"),
    ]
    assert (names(client)[1].confidence, names(client)[1].candidates, names(client)[1].track_id) == (0, (), "t")
    assert names(client)[4].confidence > 0.99
    say_who_left(client, at(100))
    assert said(client) == [("came", "rob", 0), ("left", "rob", 0.5)]


def test_tracks_have_nothing_to_do_with_each_other(client: redis.Redis, replica: Replica) -> None:
    """Two people side by side."""
    for number in range(4):
        show(client, RED, number, "left")
        show(client, BLUE, number, "right")
    replica("one").step()
    assert {(face.track_id, face.person) for face in names(client)} == {("left", "rob"), ("right", "bea")}
    assert sorted(said(client)) == [("came", "bea", 0), ("came", "rob", 0)]


def test_a_face_that_is_published_twice_counts_once(client: redis.Redis, replica: Replica) -> None:
    """Neither the mean nor what is in view knows that it came again."""
    show(client, REDDISH, 0)
    show(client, GREEN, 1)
    show(client, GREEN, 1)
    replica("one").step()
    first, second, again = names(client)
    assert second == again
    assert second.confidence == pytest.approx(first.confidence / 2, abs=0.01)
    assert said(client) == []
    show(client, GREEN, 2)
    replica("one").step()
    assert said(client) == [("came", None, 0)]


def test_faces_of_one_track_are_averaged_whichever_replica_answers_them(client: redis.Redis, replica: Replica) -> None:
    """And whoever it is comes once."""
    one, two = replica("one"), replica("two")
    for number in range(12):
        show(client, RED if number == 0 else GREEN, number)
        (one, two)[number % 2].step()
    rob = [next(one.confidence for one in face.candidates if one.person == "rob") for face in names(client)]
    assert rob[:10] == pytest.approx([1 / (number + 1) for number in range(10)], abs=0.01)
    assert rob[10:] == pytest.approx([0, 0], abs=0.01)
    assert said(client) == [("came", None, 0)]


def test_a_new_model_version_begins_the_averages_anew_and_repeats_no_sighting(client: redis.Redis, home: Path) -> None:
    """Its numbers cannot be averaged with those of the old one; the person is the same."""
    store = ModelStore(home)
    publish_colours(store)
    for number in range(3):
        show(client, RED, number)
    start(client, "old", store).step()
    publish_colours(store)
    show(client, REDDISH, 3)
    start(client, "new", store).step()
    assert names(client)[3].confidence < 0.8
    assert names(client)[3].person == "rob"
    say_who_left(client, at(100))
    assert said(client) == [("came", "rob", 0), ("left", "rob", 0.3)]
    assert [sighting.model_version for sighting in sightings(client)] == [1, 2]


def test_what_is_kept_of_tracks_runs_out_and_the_stream_is_bounded(client: redis.Redis, replica: Replica) -> None:
    """Also when inference runs no more."""
    with client.pipeline() as pipeline:
        for _ in range(SIGHTINGS_KEPT):
            pipeline.xadd("sightings", {"header": "older", "payload": ""})
        pipeline.execute()
    for number in range(3):
        show(client, RED, number)
    replica("one").step()
    assert 0 < client.ttl("track:t") <= TRACK_SECONDS_KEPT
    assert client.xlen("sightings") == SIGHTINGS_KEPT
    assert b"came" in fields_of(client, "sightings")[-1][b"header"]
