"""Files in FAMILIAR_HOME beside the models: people, records, tokens, forgettings, pictures."""

import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from familiar.shared.archive.export_person import export_person
from familiar.shared.people.forget import finish_forgettings
from familiar.shared.redis.connection import open_redis
from familiar.shared.redis.enrolment_restoring import restore_enrolments
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from tests.fuzzing.door import Door, Fault, Outcome, outcome_of
from tests.fuzzing.ground import JOB, Ground, intention
from tests.fuzzing.site import judge, site_of
from tests.odd_entries import odd_json
from tests.pictures import damaged, damaged_pictures

_SAMPLE = f"samples/train/zoe/{'a' * 64}.jpg"
_STRANGER = f"strangers/given/{'b' * 64}.jpg"
# Of each file the requests that read it.
_ASKED: dict[str, tuple[tuple[str, str], ...]] = {
    "people/zoe.json": (("GET", "/v1/people"), ("GET", "/v1/people/zoe/samples"), ("PATCH", "/v1/people/zoe")),
    "enrolments/door.json": (("GET", "/v1/enrolments"), ("GET", "/v1/enrolments/door")),
    f"trainings/{JOB}.json": (("GET", "/v1/training-jobs"), ("GET", f"/v1/training-jobs/{JOB}")),
    "access/tokens.json": (("GET", "/v1/people"), ("GET", "/v1/session")),
    "access/admin-token": (("GET", "/v1/session"),),
    "forgotten/karan.json": (("GET", "/v1/people"), ("GET", "/metrics")),
    "forgotten/count": (("GET", "/v1/people"), ("POST", "/v1/training-jobs")),
    _SAMPLE: (("GET", "/v1/people"), ("GET", "/v1/people/zoe/samples"), ("GET", f"/v1/people/zoe/samples/{'a' * 64}")),
    _STRANGER: (("GET", "/v1/strangers"), ("GET", f"/v1/strangers/given/{'b' * 64}")),
}


class Written(NamedTuple):
    """A file of the home, and what is written over it."""

    file: str
    data: bytes


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Write over one file at a time, and do what reads it: HTTP, forgetting, enrolling, exporting."""
    home = ground.home()
    files = st.one_of([_odd(home, file) for file in _ASKED])
    with ground.redis() as url, site_of(home, url) as watched, open_redis(url) as client:
        samples, models = SampleStore(home), ModelStore(home)
        owner = watched.site.tokens.owner_secret()

        def send(written: Written) -> list[Outcome]:
            path = home / written.file
            path.write_bytes(written.data)
            try:
                asked = [judge(watched.site.ask_as(owner, *request)) for request in _ASKED[written.file]]
                works: tuple[Callable[[], object], ...] = (
                    lambda: restore_enrolments(client, samples),
                    lambda: export_person(samples, models, "zoe", io.BytesIO()),
                    lambda: finish_forgettings(client, samples, models),
                    watched.site.tokens.require_admin,
                    watched.site.tokens.owner_secret,
                )
                asked += [outcome_of(work) for work in works]
            finally:
                _put_back(ground.taught, home, written.file)
                client.flushall()
            return [Outcome.REFUSED if Outcome.REFUSED in asked else Outcome.ACCEPTED]

        def look() -> None:
            if judge(watched.site.ask("GET", "/v1/people")) is not Outcome.ACCEPTED:
                raise Fault("people are not listed any more")

        yield Door(files, send, look=look)


def _put_back(taught: Path, home: Path, file: str) -> None:
    """Let the home be as it was; forgetting somebody changes all of it."""
    if file.startswith("forgotten/"):
        shutil.rmtree(home)
        shutil.copytree(taught, home)
    elif (taught / file).exists():
        shutil.copy(taught / file, home / file)
    else:
        (home / file).unlink(missing_ok=True)
    if file.startswith("access/"):
        shutil.copytree(taught / "access", home / "access", dirs_exist_ok=True)


def _odd(home: Path, file: str) -> st.SearchStrategy[Written]:
    path = home / file
    if path.suffix == ".jpg":
        data = damaged_pictures()
    elif path.suffix == ".json":
        whole = path.read_bytes() if path.exists() else intention().model_dump_json().encode()
        data = odd_json(json.loads(whole)) | damaged(st.just(whole))
    else:
        data = (
            damaged(st.just(path.read_bytes())) | st.binary(max_size=30) | st.sampled_from([b"9" * 5000, b"-1", b"1.5"])
        )
    return data.map(lambda written: Written(file, written))
