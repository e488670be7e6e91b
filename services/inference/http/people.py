"""HTTP: people, to list, rename and forget."""

import redis
from fastapi import APIRouter

from familiar.services.inference.http.openapi.problems import problems
from familiar.services.inference.http.responses import PathSlug
from familiar.shared.contract.errors import InvalidName, NameTaken, UnknownPerson
from familiar.shared.contract.messages import Message
from familiar.shared.people.forget import Forgotten, forget_person
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import Person, SampleStore


class NewName(Message):
    """A person's new display name."""

    name: str


def people_routes(client: redis.Redis, samples: SampleStore, models: ModelStore) -> APIRouter:
    """Return the routes that list, rename and forget people."""
    routes = APIRouter(prefix="/v1/people", tags=["people"])

    @routes.get("")
    def list_people() -> list[Person]:
        """List everybody who is enrolled, with their samples."""
        return list(samples.people())

    @routes.patch("/{person}", responses=problems(UnknownPerson, InvalidName, NameTaken))
    def rename_person(person: PathSlug, new: NewName) -> Person:
        """Change somebody's display name; predictions name them by the same slug as before."""
        return samples.rename(person, new.name)

    @routes.delete("/{person}", responses=problems(UnknownPerson))
    def delete_person(person: PathSlug) -> Forgotten:
        """Forget somebody: samples, the model versions that know them, enrolments, and what is in the streams."""
        return forget_person(client, samples, models, person)

    return routes
