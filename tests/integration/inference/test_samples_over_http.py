"""A person's samples over HTTP: listed, shown, taken away; and a person renamed."""

import numpy as np
import pytest
import redis

from familiar.services.inference.http.samples import SampleSummary
from familiar.shared.contract.errors import NameTaken
from familiar.shared.contract.messages import Split
from familiar.shared.people.correct import Correction, correct
from familiar.shared.redis.kept_faces import MINUTES_KEPT, KeptFaces
from familiar.shared.redis.stream import run_transaction
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore
from familiar.shared.vision.images import encode_jpeg
from tests.app_client import Site
from tests.builders import NO_SEALS, NOON, crop, origin, prediction_of


@pytest.fixture
def zoe(store: SampleStore) -> str:
    """Give the slug of somebody with two train samples and a test sample."""
    store.register("Zoë")
    for number, split in ((2, Split.TRAIN), (1, Split.TRAIN), (3, Split.TEST)):
        store.add("zoe", split, crop(number * 20), origin(number), None)
    return "zoe"


def listed(site: Site, person: str) -> list[SampleSummary]:
    """List a person's samples."""
    answer = site.ask("GET", f"/v1/people/{person}/samples")
    assert answer.status_code == 200, answer.text
    return [SampleSummary.model_validate(one) for one in answer.json()]


def test_train_samples_come_before_test_samples_each_in_the_order_of_their_time(site: Site, zoe: str) -> None:
    """With their camera."""
    samples = listed(site, zoe)
    assert [sample.split for sample in samples] == [Split.TRAIN, Split.TRAIN, Split.TEST]
    assert samples[0].captured_at == NOON
    assert {sample.camera for sample in samples} == {"door"}
    assert not any(sample.corrected for sample in samples)


def test_a_sample_is_shown_as_its_file_and_kept_by_no_browser(site: Site, zoe: str, store: SampleStore) -> None:
    """Byte for byte."""
    first = store.samples(zoe, Split.TEST)[0]
    answer = site.ask("GET", f"/v1/people/{zoe}/samples/{first.sample_id}")
    assert answer.content == first.jpeg
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"


def test_a_sample_that_is_deleted_is_gone(site: Site, zoe: str, store: SampleStore) -> None:
    """And only that one; a second time there is none."""
    gone, stays, _ = listed(site, zoe)
    path = f"/v1/people/{zoe}/samples/{gone.sample_id}"
    assert site.ask("DELETE", path).status_code == 204
    assert store.sample_ids(zoe) >= {stays.sample_id}
    assert gone.sample_id not in store.sample_ids(zoe)
    for method in ("GET", "DELETE"):
        answer = site.ask(method, path)
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:familiar:unknown-sample"


@pytest.mark.parametrize("sample_id", ["nothing", "%2e%2e", "*", "..%2f..%2fpeople%2fzoe", "f" * 64, "f" * 300])
def test_what_is_no_sample_s_id_finds_none(site: Site, zoe: str, store: SampleStore, sample_id: str) -> None:
    """No path leads out of the person's folder, and nothing is deleted."""
    for method in ("GET", "DELETE"):
        assert site.ask(method, f"/v1/people/{zoe}/samples/{sample_id}").status_code in {404, 405, 422}
    assert len(store.sample_ids(zoe)) == 3
    assert store.person(zoe).name == "Zoë"


def test_nobody_has_no_samples(site: Site) -> None:
    """The sentence says who is meant."""
    answer = site.ask("GET", "/v1/people/karan/samples")
    assert answer.status_code == 404
    assert "'karan'" in answer.json()["detail"]


def test_a_sample_that_a_correction_brought_says_so(
    client: redis.Redis, site: Site, zoe: str, store: SampleStore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It counts as a train sample."""
    prediction = prediction_of("p1", "karan")
    # What shows the same as a sample adds nothing, and the others are of one grey.
    unlike = encode_jpeg(np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8))
    run_transaction(
        client, lambda pipeline: KeptFaces(client, 5, MINUTES_KEPT, NO_SEALS).keep(pipeline, prediction, [unlike])
    )
    correct(client, store, StrangerStore(tmp_path_factory.mktemp("b")), Correction(prediction_id="p1", person="Zoë"))
    assert [sample.split for sample in listed(site, zoe) if sample.corrected] == [Split.TRAIN]


def test_a_person_is_renamed_and_keeps_slug_and_samples(site: Site, zoe: str, store: SampleStore) -> None:
    """Whoever enrols the new name enrols the same person."""
    answer = site.ask("PATCH", f"/v1/people/{zoe}", json={"name": " Zoë Krüger "})
    assert answer.json() == {
        "slug": "zoe",
        "name": "Zoë Krüger",
        "train_samples": 2,
        "test_samples": 1,
        "sessions": 1,
        "days": 1,
    }
    assert store.register("zoë krüger").slug == "zoe"
    assert [person.slug for person in store.people()] == ["zoe"]


@pytest.mark.parametrize(
    ("name", "status"), [("Karan", 409), ("karan", 409), ("KARAN", 409), ("", 422), ("a/b", 422), ("Zoe", 200)]
)
def test_nobody_gets_a_name_that_is_another_s_or_none(
    site: Site, zoe: str, store: SampleStore, name: str, status: int
) -> None:
    """One's own slug is no obstacle."""
    store.register("Karan")
    assert site.ask("PATCH", f"/v1/people/{zoe}", json={"name": name}).status_code == status
    assert store.person("karan").name == "Karan"


def test_an_old_name_is_not_given_to_somebody_new(site: Site, zoe: str, store: SampleStore) -> None:
    """Folders still have it."""
    site.ask("PATCH", f"/v1/people/{zoe}", json={"name": "Mia"})
    with pytest.raises(NameTaken, match="'Zoë' and 'Mia'"):
        store.register("Zoë")
    assert store.slug_for("Mia") == "zoe"
    assert store.slug_for("Zoë") == "zoe"
