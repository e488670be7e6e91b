"""Correcting a prediction: the face becomes the right person's sample or a stranger's, and the last word holds."""

from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.errors import FamiliarError, InvalidName, InvalidRequest, UnknownKeptFace, UnknownPerson
from familiar.shared.contract.messages import Split
from familiar.shared.people.correct import Corrected, Correction, correct
from familiar.shared.people.forget import forget_person
from familiar.shared.redis.kept_faces import MINUTES_KEPT, KeptFaces
from familiar.shared.redis.stream import run_transaction
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.sample_origin import CORRECTION
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.images import encode_jpeg
from tests.app_client import Site
from tests.builders import NO_SEALS, NOON, origin, prediction_of
from tests.command_line import familiar

Correct = Callable[..., Corrected]


def face_at(seconds: float) -> bytes:
    """Give the JPEG of a drawn face; at whole seconds it looks different each time."""
    return encode_jpeg(draw(person("somebody"), seconds)[100:380, 180:460])


@pytest.fixture
def samples(home: Path) -> SampleStore:
    """Give a store that knows Zoë K. and Karan."""
    store = SampleStore(home)
    store.register("Zoë K.")
    store.register("Karan")
    return store


@pytest.fixture
def strangers(home: Path) -> StrangerStore:
    """Give a store of strangers."""
    return StrangerStore(home)


@pytest.fixture
def correcting(client: redis.Redis, samples: SampleStore, strangers: StrangerStore) -> Correct:
    """Keep one face that was taken for Karan (p1), and two of a picture (p2); give what corrects them."""
    kept = KeptFaces(client, 10, MINUTES_KEPT, NO_SEALS)
    faces = [face_at(3), face_at(4)]
    run_transaction(client, lambda pipeline: kept.keep(pipeline, prediction_of("p1", "karan"), [face_at(1)]))
    run_transaction(client, lambda pipeline: kept.keep(pipeline, prediction_of("p2", None, "karan"), faces))
    return lambda prediction_id="p1", **how: correct(
        client, samples, strangers, Correction(prediction_id=prediction_id, **how)
    )


def places(samples: SampleStore, strangers: StrangerStore) -> dict[str, int]:
    """Tell how many faces each person has to learn from, and how many the strangers have."""
    counts = {known.slug: known.train_samples for known in samples.people()}
    return {**counts, "strangers": strangers.count(StrangerSource.MARKED)}


@pytest.mark.parametrize("name", ["Zoë K.", "zoe-k", " zoë k. "])
def test_a_face_becomes_a_sample_of_the_person_it_is(correcting: Correct, samples: SampleStore, name: str) -> None:
    """By name or slug; its origin says that it came by a correction, and of which prediction."""
    assert correcting(person=name) == Corrected(prediction_id="p1", face=1, before="karan", person="zoe-k", stored=True)
    (sample,) = samples.samples("zoe-k", Split.TRAIN)
    assert sample.origin is not None
    assert (sample.origin.frame_id, sample.origin.enrolment_id) == ("p1", CORRECTION)
    assert (sample.origin.camera, sample.origin.captured_at) == ("door", NOON)
    assert samples.count("zoe-k", Split.TEST) == 0


def test_a_face_becomes_a_strangers(correcting: Correct, strangers: StrangerStore) -> None:
    """Marked, with its origin."""
    assert correcting(stranger=True) == Corrected(prediction_id="p1", face=1, before="karan", person=None, stored=True)
    (face,) = strangers.faces()
    assert face.source is StrangerSource.MARKED
    assert face.origin is not None
    assert face.origin.enrolment_id == CORRECTION


@pytest.mark.parametrize("how", [{"person": "karan"}, {"stranger": True}])
def test_the_same_correction_once_more_changes_nothing(
    correcting: Correct, samples: SampleStore, strangers: StrangerStore, how: dict[str, object]
) -> None:
    """It is no error either."""
    assert correcting(**how).stored
    before = places(samples, strangers)
    assert not correcting(**how).stored
    assert places(samples, strangers) == before


def test_the_last_correction_holds(correcting: Correct, samples: SampleStore, strangers: StrangerStore) -> None:
    """The face is in one place, wherever it was before."""
    for how, expected in (
        ({"person": "karan"}, {"karan": 1, "zoe-k": 0, "strangers": 0}),
        ({"person": "zoe-k"}, {"karan": 0, "zoe-k": 1, "strangers": 0}),
        ({"stranger": True}, {"karan": 0, "zoe-k": 0, "strangers": 1}),
        ({"person": "karan"}, {"karan": 1, "zoe-k": 0, "strangers": 0}),
    ):
        assert correcting(**how).stored
        assert places(samples, strangers) == expected


def test_a_correction_goes_beyond_what_an_enrolment_asked_for(correcting: Correct, samples: SampleStore) -> None:
    """Somebody who has all their samples gets it all the same."""
    samples.add("karan", Split.TRAIN, face_at(9), origin(1), 1)
    assert correcting(person="karan").stored
    assert samples.count("karan", Split.TRAIN) == 2


@pytest.mark.parametrize("split", list(Split))
def test_a_near_copy_of_a_sample_is_not_added(correcting: Correct, samples: SampleStore, split: Split) -> None:
    """It shows nothing new, and of a test sample it would give the answer away."""
    samples.add("karan", split, face_at(1), origin(1), 1)
    assert not correcting(person="karan").stored
    assert sum(samples.count("karan", each) for each in Split) == 1


def test_each_face_of_a_picture_is_corrected_by_its_number(
    correcting: Correct, samples: SampleStore, strangers: StrangerStore
) -> None:
    """They become two faces, although they have the prediction in common."""
    assert correcting("p2", face=1, person="zoe-k").before is None
    assert correcting("p2", face=2, stranger=True).before == "karan"
    assert places(samples, strangers) == {"karan": 0, "zoe-k": 1, "strangers": 1}


@pytest.mark.parametrize(
    ("how", "error", "sentence"),
    [
        ({}, InvalidRequest, "either a person who is enrolled, or a stranger's"),
        ({"person": "karan", "stranger": True}, InvalidRequest, "either a person"),
        ({"person": "Nobody"}, UnknownPerson, "Enrol them first with `familiar enrol`"),
        ({"person": "../x"}, InvalidName, "slash"),
        ({"prediction_id": "p2", "stranger": True}, InvalidRequest, "2 faces. Say which one"),
        ({"prediction_id": "p9", "stranger": True}, UnknownKeptFace, "FAMILIAR_KEEP_FACES_MINUTES for how long"),
    ],
)
def test_a_correction_that_makes_no_sense_says_why_and_changes_nothing(
    correcting: Correct, home: Path, how: dict[str, object], error: type[FamiliarError], sentence: str
) -> None:
    """Not a file."""
    before = sorted(home.rglob("*"))
    with pytest.raises(error, match=sentence):
        correcting(**how)
    assert sorted(home.rglob("*")) == before


@pytest.mark.usefixtures("correcting")
def test_a_correction_over_http(site: Site, samples: SampleStore) -> None:
    """As on the command line; a second one is no error."""
    answers = [
        site.ask("POST", "/v1/corrections", json={"prediction_id": "p2", "face": 1, "person": "Karan"}) for _ in "12"
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    told = {"prediction_id": "p2", "face": 1, "before": None, "person": "karan"}
    assert [answer.json() for answer in answers] == [{**told, "stored": True}, {**told, "stored": False}]
    assert samples.count("karan", Split.TRAIN) == 1


@pytest.mark.usefixtures("correcting")
@pytest.mark.parametrize(
    ("request_body", "status", "code"),
    [
        ({"prediction_id": "p1"}, 422, "invalid-request"),
        ({"prediction_id": "p1", "stranger": True, "face": 0}, 422, "invalid-request"),
        ({"prediction_id": "p1", "person": "nobody"}, 404, "unknown-person"),
        ({"prediction_id": "p9", "stranger": True}, 404, "unknown-kept-face"),
    ],
)
def test_what_is_wrong_with_a_correction_over_http(
    site: Site, request_body: dict[str, object], status: int, code: str
) -> None:
    """A problem document."""
    answer = site.ask("POST", "/v1/corrections", json=request_body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:familiar:{code}")


@pytest.mark.usefixtures("correcting")
def test_a_correction_on_the_command_line(
    redis_url: str, home: Path, strangers: StrangerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence each: what came of it, that it was made before, and what is wrong."""
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("FAMILIAR_HOME", str(home))
    first, second = familiar("correct", "p1", "--stranger"), familiar("correct", "p1", "--stranger")
    assert first.stdout == "The face was taken for karan, and is a stranger's now. `familiar train` learns from it.\n"
    assert "nothing was added" in second.stdout
    assert (first.returncode, second.returncode) == (0, 0)
    assert strangers.count(StrangerSource.MARKED) == 1
    wrong = familiar("correct", "p1", "--stranger", "--person", "Karan")
    assert wrong.returncode == 1
    assert "either a person" in wrong.stderr


def test_forgetting_somebody_deletes_kept_faces_and_what_was_corrected_to_them(
    client: redis.Redis, correcting: Correct, samples: SampleStore, home: Path
) -> None:
    """Every kept face: theirs may have been taken for somebody else's."""
    correcting(person="zoe-k")
    assert forget_person(client, samples, ModelStore(home), "zoe-k").samples == 1
    assert [key for key in client.scan_iter() if b"kept-face:" in key] == []
    with pytest.raises(UnknownKeptFace):
        correcting(stranger=True)
    assert [path for path in home.rglob("*") if "zoe" in path.name] == []
