"""HTTP: requests that Schemathesis makes out of our own OpenAPI document, right ones and wrong ones, to a real server.

Every answer has to be one that the document declares: its status, its media type, its schema. Methods that it does not
declare are refused with 405.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.generation.case import Case
from schemathesis.openapi.checks import UndefinedStatusCode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from familiar.shared.access.token_store import TokenStore
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.stores.models import ModelStore
from tests.fuzzing.door import Door, Fault, Outcome
from tests.fuzzing.ground import GOLDEN, JOB, PICTURE, Ground
from tests.fuzzing.services import INFERENCE, PATIENCE_SECONDS, Services, services_of
from tests.fuzzing.site import judge_answer

_CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_ENDLESS = ("/stream", "/preview")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD", "QUERY")
# What there is, so that not everything is unknown. Whom the served version knows is forgotten in no round.
_THERE: dict[str, tuple[object, ...]] = {
    "person": ("zoe", "karan", "nobody"),
    "camera": ("door", "yard"),
    "version": (1, 2, 3, 0, 10**30),
    "name": (PICTURE, GOLDEN, "model.tflite", "..", "x.png"),
    "job_id": (JOB, "x"),
    "source": ("given", "marked", "fetched"),
    "prediction_id": ("x",),
    "number": (1, -1),
    "sample_id": ("0" * 64, "a" * 64),
    "face_id": ("0" * 64, "b" * 64),
}

AnyCase: TypeAlias = Case[Any]


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Ask inference, which serves a taught home; nobody trains."""
    with services_of(ground, INFERENCE) as services:
        document = services.http.get("/openapi.json").json()
        # A token that was admitted before is heard also while others send too many wrong ones, as some cases do.
        services.http.get("/v1/session").raise_for_status()
        schema = schemathesis.openapi.from_dict(document)
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {TokenStore(services.home).owner_secret()}"
        base_url = str(services.http.base_url).rstrip("/")

        def send(sent: AnyCase | tuple[str, str]) -> list[Outcome]:
            if isinstance(sent, tuple):
                return [_ask_undeclared(session, base_url, *sent, _allowed(document, sent[1]))]
            return [_ask(session, base_url, sent)]

        cases = [case for operation in _operations(schema) for case in _cases_of(operation)]
        pairs = [
            (method, path)
            for path in document["paths"]
            for method in _METHODS
            if method not in _allowed(document, path)
        ]
        undeclared = st.sampled_from(pairs)
        yield Door(
            st.one_of(*cases, *[undeclared] * (len(cases) // 8)),
            send,
            processes=services.processes,
            prepare=lambda: _prepare(ground, services),
            look=lambda: _look(services),
        )


def _operations(schema: BaseSchema) -> Iterator[Any]:
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        yield found.ok()


def _cases(operation: Any, mode: GenerationMode) -> st.SearchStrategy[AnyCase]:  # noqa: ANN401 - untyped there
    """Give requests to an operation, many of them for what there is."""
    there = {name: st.sampled_from(values) for name, values in _THERE.items() if f"{{{name}}}" in operation.path}

    def replaced(case: AnyCase, parameters: dict[str, object], replace: bool) -> AnyCase:  # noqa: FBT001 - drawn
        if replace and parameters:
            case.path_parameters.update(parameters)
        return case

    return st.builds(
        replaced, operation.as_strategy(generation_mode=mode), st.fixed_dictionaries(there), st.integers(0, 3).map(bool)
    )


def _cases_of(operation: Any) -> list[st.SearchStrategy[AnyCase]]:  # noqa: ANN401 - untyped there
    """Give right requests and wrong ones; one without parameters cannot be wrong, and counts less."""
    parts = (operation.body, operation.path_parameters, operation.query, operation.headers, operation.cookies)
    right = _cases(operation, GenerationMode.POSITIVE)
    return [right, *[right, _cases(operation, GenerationMode.NEGATIVE)] * 2] if any(parts) else [right]


def _ask(session: requests.Session, base_url: str, case: AnyCase) -> Outcome:
    arguments = case.as_transport_kwargs(base_url=base_url)
    endless = case.path.endswith(_ENDLESS)
    answer = session.request(**arguments, stream=endless, timeout=PATIENCE_SECONDS, allow_redirects=False)
    asked = f"{case.method} {answer.request.url}"
    if endless and answer.ok:
        answer.close()
        return Outcome.ACCEPTED
    outcome = judge_answer(asked, answer.status_code, answer.headers.get("content-type", ""), answer.content)
    try:
        case.validate_response(answer, checks=_CHECKS)
    except* UndefinedStatusCode as failures:
        raise Fault(f"{case.method} {case.path} does not declare {answer.status_code}") from failures
    except* Exception as failures:
        raise Fault(f"{case.method} {case.path} is not as declared: {failures.exceptions[0]}") from failures
    return outcome


def _allowed(document: dict[str, Any], path: str) -> set[str]:
    return {method.upper() for method in document["paths"][path]}


def _ask_undeclared(session: requests.Session, base_url: str, method: str, path: str, allowed: set[str]) -> Outcome:
    values = {name: str(values[0]) for name, values in _THERE.items()}
    answer = session.request(method, base_url + path.format_map(values), timeout=PATIENCE_SECONDS)
    if method != "HEAD":
        content_type = answer.headers.get("content-type", "")
        judge_answer(f"{method} {path}", answer.status_code, content_type, answer.content)
    if answer.status_code != 405:
        raise Fault(f"{method} {path} is not declared, and answered with {answer.status_code}")
    if set(answer.headers.get("allow", "").replace(" ", "").split(",")) != allowed:
        raise Fault(f"{method} {path} allows {answer.headers.get('allow')}, declared are {sorted(allowed)}")
    return Outcome.REFUSED


def _prepare(ground: Ground, services: Services) -> None:
    """Put back what requests of the last round have deleted, and empty the queue of trainings."""
    services.client.flushall()
    announce_camera(services.client, Camera(camera="door", source="0", state=CameraState.RUNNING))
    services.client.persist("camera:door")
    for folder in ("people", "samples", "strangers", "trainings", "enrolments"):
        shutil.rmtree(services.home / folder)
        shutil.copytree(ground.taught / folder, services.home / folder)


def _look(services: Services) -> None:
    services.require_sound()
    if services.http.get("/readyz").json().get("model_version") != ModelStore(services.home).current():
        raise Fault("the version is not served any more")
