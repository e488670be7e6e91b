"""HTTP: a person's samples as pictures, to show and delete."""

from fastapi import APIRouter, Response, status

from familiar.services.inference.http.openapi.problems import problems
from familiar.services.inference.http.responses import JPEG, NO_STORE, PathFaceId, PathSlug
from familiar.shared.contract.errors import UnknownPerson, UnknownSample
from familiar.shared.contract.messages import Message, Slug, Split, Time
from familiar.shared.stores.sample_origin import CORRECTION
from familiar.shared.stores.samples import SampleStore


class SampleSummary(Message):
    """A sample in a list."""

    sample_id: str
    split: Split
    captured_at: Time | None
    """None where the file does not say when it was taken."""
    camera: Slug | None
    """None where the file does not say, and for a picture that came over HTTP."""
    corrected: bool
    """Whether it came by a correction."""


def sample_routes(samples: SampleStore) -> APIRouter:
    """Return the routes that show and delete samples."""
    routes = APIRouter(prefix="/v1/people/{person}/samples", tags=["people"])

    @routes.get("", responses=problems(UnknownPerson))
    def list_samples(person: PathSlug) -> list[SampleSummary]:
        """List a person's train samples and then their test samples, each in order of capture."""
        samples.person(person)
        return [
            SampleSummary(
                sample_id=sample.sample_id,
                split=split,
                captured_at=sample.origin.captured_at if sample.origin else None,
                camera=sample.origin.camera if sample.origin else None,
                corrected=sample.origin is not None and sample.origin.enrolment_id == CORRECTION,
            )
            for split in Split
            for sample in samples.samples(person, split)
        ]

    @routes.get("/{sample_id}", response_class=Response, responses={**JPEG, **problems(UnknownSample)})
    def show_sample(person: PathSlug, sample_id: PathFaceId) -> Response:
        """Return a sample, as JPEG."""
        jpeg = samples.read(person, sample_id)
        if jpeg is None:
            raise UnknownSample
        return Response(jpeg, media_type="image/jpeg", headers=NO_STORE)

    @routes.delete("/{sample_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(UnknownSample))
    def delete_sample(person: PathSlug, sample_id: PathFaceId) -> None:
        """Delete a sample; the next training does without it."""
        samples.delete(person, sample_id)

    return routes
