"""Correcting a prediction: its face becomes a sample of the right person, or a stranger's face, for training."""

import hashlib

import redis
from pydantic import Field

from familiar.shared.contract.errors import InvalidRequest, UnknownPerson
from familiar.shared.contract.messages import KeptFace, Message, Slug, Split
from familiar.shared.redis.kept_faces import find_kept_face
from familiar.shared.stores.near_copy import TakenSamples
from familiar.shared.stores.sample_origin import CORRECTION, SampleOrigin, with_origin
from familiar.shared.stores.samples import Addition, SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.images import decode_image


class Correction(Message):
    """Whose face a prediction shows: either a person's or a stranger's."""

    prediction_id: str
    face: int | None = Field(default=None, ge=1)
    """Position of the face in the prediction, counted from 1; optional where there is only one."""
    person: str | None = None
    """Name or slug of an enrolled person."""
    stranger: bool = False
    """Whether the face belongs to nobody who is enrolled."""


class Corrected(Message):
    """The result of a correction."""

    prediction_id: str
    face: int
    before: Slug | None
    """The predicted person; null for an unknown one."""
    person: Slug | None
    """The corrected person; null for a stranger."""
    stored: bool
    """Whether a file was added; not if the correction is a repetition, or the person has a near-copy already."""


def correct(client: redis.Redis, samples: SampleStore, strangers: StrangerStore, correction: Correction) -> Corrected:
    """Store the face of a prediction where it belongs, and remove it from where an earlier correction stored it.

    The last correction wins. The sample limits of enrolments do not apply.

    Raises:
        InvalidRequest: both or neither of a person and a stranger are given, or see `find_kept_face`.
        UnknownKeptFace: see `find_kept_face`.
        InvalidName: see `familiar.shared.contract.slugs.slug_of`.
        UnknownPerson: nobody of that name is enrolled.
    """
    if (correction.person is not None) == correction.stranger:
        raise InvalidRequest("Say whose face it is: either a person who is enrolled, or a stranger's.")
    face, crop = find_kept_face(client, samples.seals, correction.prediction_id, correction.face)
    origin = _origin_of(face)
    sample_id = hashlib.sha256(with_origin(crop, origin)).hexdigest()
    person = None
    if correction.person is None:
        stored = strangers.add(StrangerSource.MARKED, crop, origin)
    else:
        person = _require_enrolled(samples, correction.person)
        stored = _add_sample(samples, person, crop, origin)
        strangers.remove(StrangerSource.MARKED, sample_id)
    samples.withdraw(sample_id, keep=person)
    return Corrected(
        prediction_id=face.prediction_id,
        face=face.number,
        before=face.person,
        person=person,
        stored=stored,
    )


def _require_enrolled(samples: SampleStore, name: str) -> str:
    try:
        return samples.person(samples.slug_for(name)).slug
    except UnknownPerson as error:
        raise UnknownPerson(
            f"Nobody is enrolled as {name!r}. Enrol them first with `familiar enrol`; `familiar people` lists who is."
        ) from error


def _add_sample(samples: SampleStore, person: str, crop: bytes, origin: SampleOrigin) -> bool:
    """Add a train sample, unless either split has a near-copy: a test sample among the train samples flatters."""
    if TakenSamples(samples).has_near_copy_of(person, decode_image(crop), origin.frame_id):
        return False
    return samples.add(person, Split.TRAIN, crop, origin, most=None) is Addition.ADDED


def _origin_of(face: KeptFace) -> SampleOrigin:
    return SampleOrigin(
        frame_id=face.prediction_id, camera=face.camera, captured_at=face.captured_at, enrolment_id=CORRECTION
    )
