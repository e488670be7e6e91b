"""Inference's application in the door's own process, asked without a network, and how its answers are judged."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import httpx

from familiar.services.inference.http.app import Stores, create_app
from familiar.services.inference.http.problems import PROBLEM_MEDIA_TYPE
from familiar.services.inference.model.reload import ModelWatcher, ServedModel
from familiar.services.inference.settings import InferenceSettings
from familiar.services.inference.stream.kept_faces_writer import KeptFacesWriter
from familiar.services.inference.stream.stream_follower import StreamFollower
from familiar.shared.access.token_store import TokenStore
from familiar.shared.redis.connection import open_async_redis, open_redis
from familiar.shared.redis.kept_faces import MINUTES_KEPT, KeptFaces
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from familiar.shared.stores.strangers import StrangerStore
from tests.app_client import Site
from tests.builders import NO_SEALS
from tests.fuzzing.door import Fault, Outcome, ServerError, require_named, require_no_traceback

# Both say that something has to be mended first, and what.
_NO_FAULT = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE}


@dataclass(frozen=True)
class Watched:
    """A site, and the watcher that takes up model versions for it."""

    site: Site
    watcher: ModelWatcher
    models: ModelStore


@contextmanager
def site_of(home: Path, redis_url: str) -> Iterator[Watched]:
    """Serve a home for as long as the `with` block lasts; nothing runs in the background."""
    client = open_redis(redis_url)
    models = ModelStore(home)
    watcher = ModelWatcher(client, models, ServedModel(models))
    tokens = TokenStore(home)
    keeper = KeptFacesWriter(client, KeptFaces(client, 0, MINUTES_KEPT, NO_SEALS), models.has)
    stores = Stores(SampleStore(home), StrangerStore(home), models, keeper, tokens)
    follower = StreamFollower(open_async_redis(redis_url), threading.Event())
    with ExitStack() as stack:
        stack.enter_context(client)
        watcher.poll()
        yield Watched(
            Site(create_app(client, stores, watcher, follower, client, InferenceSettings()), tokens), watcher, models
        )


def judge(answer: httpx.Response) -> Outcome:
    """Give what an answer is, which is a success or a problem with a code and a sentence.

    Raises:
        ServerError: it is a 500 or the like.
        Fault: it is an error without a name.
    """
    asked = f"{answer.request.method} {answer.request.url.raw_path!r}"
    return judge_answer(asked, answer.status_code, answer.headers.get("content-type", ""), answer.content)


def judge_answer(asked: str, status: int, content_type: str, body: bytes) -> Outcome:
    """Judge an answer as `judge` does, by its parts."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in _NO_FAULT:
        raise ServerError(f"{asked} was answered with {status}: {body[:500]!r}")
    if status < HTTPStatus.BAD_REQUEST:
        return Outcome.ACCEPTED
    if content_type != PROBLEM_MEDIA_TYPE:
        raise Fault(f"{asked} was answered with {status}, and no problem document: {body[:500]!r}")
    document = httpx.Response(status, content=body).json()
    if set(document) != {"type", "code", "title", "status", "detail"} or document["status"] != status:
        raise Fault(f"{asked} was answered with a problem of another form: {document}")
    require_named(document["code"], document["detail"])
    require_no_traceback(document["detail"])
    return Outcome.REFUSED
