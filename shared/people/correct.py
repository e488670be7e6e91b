"""Correcting a prediction: its face becomes a sample of the right person, or a stranger's, for the next training."""

import hashlib

import redis
from pydantic import Field

from familiar.shared.contract.errors import InvalidRequest, UnknownPerson
from familiar.shared.contract.messages import KeptFace, Message, Slug, Split
from familiar.shared.redis.kept_faces import find_kept_face
from familiar.shared.stores.near_copy import TakenSamples
from familiar.shared.stores.origin import CORRECTION, SampleOrigin, with_origin
from familiar.shared.stores.samples import Addition, SampleStore
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.images import decode_image


class Correction(Message):
    """Whose a face is: `person` is an enrolled person's name or slug, or it is a `stranger`'s.

    `face` counts the faces of the prediction from 1, in their order; a prediction of one face needs none.
    """

    prediction_id: str
    face: int | None = Field(default=None, ge=1)
    person: str | None = None
    stranger: bool = False


class Corrected(Message):
    """What came of a correction: the face was taken for `before`, and is `person`'s; None is nobody known.

    `stored` is false where the store shows the same already: the correction was made before, or another sample
    of the person is a near-copy.
    """

    prediction_id: str
    face: int
    before: Slug | None
    person: Slug | None
    stored: bool


def correct(client: redis.Redis, samples: SampleStore, strangers: StrangerStore, correction: Correction) -> Corrected:
    """Put the face of a prediction where it belongs, and take it away from where an earlier correction put it.

    Neither the number of samples that an enrolment asked for nor the order matters: the last correction holds.

    Raises:
        InvalidRequest: both or neither of a person and a stranger, or see `find_kept_face`.
        UnknownKeptFace: see `find_kept_face`.
        InvalidName: see `familiar.shared.contract.slugs.slug_of`.
        UnknownPerson: nobody of that name is enrolled.
    """
    if (correction.person is not None) == correction.stranger:
        raise InvalidRequest("Say whose face it is: either a person who is enrolled, or a stranger's.")
    face, crop = find_kept_face(client, correction.prediction_id, correction.face)
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
    """Add a sample to learn from, unless one of either split shows the same: a test on what was learned flatters."""
    if TakenSamples(samples).has_near_copy_of(person, decode_image(crop), origin.frame_id):
        return False
    return samples.add(person, Split.TRAIN, crop, origin, most=None) is Addition.ADDED


def _origin_of(face: KeptFace) -> SampleOrigin:
    return SampleOrigin(
        frame_id=face.prediction_id, camera=face.camera, captured_at=face.captured_at, enrolment_id=CORRECTION
    )
