"""What the HTTP edge answers when something is wrong: a problem document that says what to do."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import redis

from familiar import __version__
from familiar.cli.stack.local_stack import free_port
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.redis.connection import open_redis
from tests.app_client import Site
from tests.auditing import acts


def enrol(site: Site, **changes: object) -> httpx.Response:
    """Ask to enrol Zoe at the door, with some changes."""
    return site.ask("POST", "/v1/enrolments", json={"camera": "door", "name": "Zoë K.", **changes})


def detail_of(answer: httpx.Response, status: int, code: str) -> str:
    """Check that an answer is this problem (RFC 9457), and give its sentence."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert set(document) == {"type", "code", "title", "status", "detail"}
    assert (document["type"], document["code"], document["status"]) == (f"urn:familiar:{code}", code, status)
    return str(document["detail"])


@pytest.fixture
def door(client: redis.Redis) -> None:
    """Let there be a camera at the door."""
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/predictions"), ("GET", "/readyz")])
def test_before_the_first_training_there_is_no_model_yet(site: Site, method: str, path: str) -> None:
    """The sentence says how to get one."""
    answer = site.ask(method, path, headers={"content-type": "image/jpeg"})
    assert "run `familiar train`" in detail_of(answer, 503, "no-model")


def test_whether_a_picture_is_a_crop_is_said_with_true_or_false(site: Site) -> None:
    """What else it may be is said, and described."""
    answer = site.ask("POST", "/v1/predictions?crop=maybe", headers={"content-type": "image/jpeg"})
    assert "crop: Input should be a valid boolean" in detail_of(answer, 422, "invalid-request")
    (described,) = site.ask("GET", "/openapi.json").json()["paths"]["/v1/predictions"]["post"]["parameters"]
    assert (described["name"], described["in"], described["required"]) == ("crop", "query", False)
    assert (described["schema"]["type"], described["schema"]["default"]) == ("boolean", False)


def test_the_process_is_alive_without_a_model(site: Site) -> None:
    """Only readiness waits for one."""
    answer = site.ask("GET", "/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": __version__})


def test_an_empty_home_has_empty_lists(site: Site) -> None:
    """Nothing there is no error."""
    for path in ("/v1/models", "/v1/people", "/v1/enrolments", "/v1/cameras"):
        answer = site.ask("GET", path)
        assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.usefixtures("door")
def test_a_camera_that_there_is_not_is_named_with_those_there_are(site: Site) -> None:
    """And nobody is registered by the way."""
    detail = detail_of(enrol(site, camera="yard"), 404, "unknown-camera")
    assert "'yard'" in detail
    assert "door" in detail
    assert site.ask("GET", "/v1/people").json() == []


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize("name", ["../x", "", "   ", "x" * 65, "a\x00b", "\U0001f600", "unknown"])
def test_a_name_that_cannot_be_used_is_refused(site: Site, home: Path, name: str) -> None:
    """And nothing is written but locks, and that somebody tried, without the name."""
    assert site.ask("GET", "/v1/enrolments").is_success
    before = sorted(home.parent.rglob("*"))
    detail_of(enrol(site, name=name), 422, "invalid-name")
    written = [path for path in sorted(home.parent.rglob("*")) if path not in before and path.suffix != ".lock"]
    assert written == [home / "audit", home / "audit" / "audit.jsonl"]
    assert acts(home) == [("enrol", {}, "invalid-name")]


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize("changes", [{"name": 7}, {"train": -1}, {"train": "many"}, {"pause_seconds": 61}, {"age": 7}])
def test_a_field_that_makes_no_sense_is_named(site: Site, changes: dict[str, object]) -> None:
    """A wrong type, a number out of range, or a field that there is not."""
    (field,) = changes
    assert f"body.{field}: " in detail_of(enrol(site, **changes), 422, "invalid-request")


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_body_that_is_no_json_object_is_refused(site: Site, body: bytes) -> None:
    """Empty, broken off, or of another shape."""
    answer = site.ask("POST", "/v1/enrolments", content=body, headers={"content-type": "application/json"})
    detail_of(answer, 422, "invalid-request")


@pytest.mark.usefixtures("door")
def test_an_enrolment_of_nothing_is_refused_and_registers_nobody(site: Site) -> None:
    """Whoever is refused is not enrolled."""
    detail = detail_of(enrol(site, train=0, test=0), 422, "invalid-request")
    assert "at least one train or test sample" in detail
    assert site.ask("GET", "/v1/people").json() == []


@pytest.mark.usefixtures("door")
def test_a_camera_that_enrols_somebody_already_is_refused_and_registers_nobody(site: Site) -> None:
    """The sentence says whom it enrols."""
    assert enrol(site).status_code == 201
    assert "'Zoë K.'" in detail_of(enrol(site, name="Karan"), 409, "enrolment-running")
    assert [person["slug"] for person in site.ask("GET", "/v1/people").json()] == ["zoe-k"]


@pytest.mark.usefixtures("door")
def test_a_name_that_looks_like_another_persons_is_refused(site: Site) -> None:
    """Both would have the same folder."""
    assert enrol(site).status_code == 201
    assert site.ask("DELETE", "/v1/enrolments/door").status_code == 200
    detail_of(enrol(site, name="Zoe K."), 409, "name-taken")


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/v1/models/7", "unknown-model"),
        ("GET", "/v1/models/0", "unknown-model"),
        ("POST", "/v1/models/7/activate", "unknown-model"),
        ("GET", f"/v1/models/{10**300}", "unknown-model"),
        ("GET", "/v1/training-jobs/nobody", "unknown-job"),
        ("GET", "/v1/training-jobs/a%20b", "unknown-job"),
        ("GET", "/v1/training-jobs/%2e%2e", "unknown-job"),
        ("DELETE", "/v1/people/zoe", "unknown-person"),
        ("DELETE", "/v1/people/" + "x" * 300, "unknown-person"),
        ("GET", "/v1/enrolments/door", "unknown-enrolment"),
        ("DELETE", "/v1/enrolments/door", "unknown-enrolment"),
    ],
    ids=lambda word: word[:24],
)
def test_what_there_is_not_is_not_found(site: Site, method: str, path: str, code: str) -> None:
    """Each by its own name, whatever somebody writes into the address."""
    detail_of(site.ask(method, path), 404, code)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/v1/people/Zo%C3%AB"),
        ("GET", "/v1/enrolments/a%20b"),
        ("DELETE", "/v1/enrolments/frames:door"),
    ],
)
def test_an_address_that_cannot_name_anything_is_invalid(site: Site, method: str, path: str) -> None:
    """No folder and no key of Redis is reached by it."""
    detail_of(site.ask(method, path), 422, "invalid-request")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", "/v2/models", 404), ("PUT", "/v1/people", 405), ("DELETE", "/v1/people/..%2Fx", 404)),
        *(("GET", "/v1/people/", 404), ("GET", "/v1/models/1/pictures/", 404)),
        # No name of a version is a number, so that there may be other words in its place.
        *(("GET", "/v1/models/newest", 404), ("GET", "/v1/models/-1", 404), ("GET", "/v1/models/unpin", 405)),
    ],
)
def test_an_address_that_there_is_not_is_a_problem_too(site: Site, method: str, path: str, status: int) -> None:
    """Every error has the same form."""
    detail_of(site.ask(method, path), status, "http-error")


def test_a_method_that_an_address_does_not_take_is_refused_with_those_it_takes(site: Site) -> None:
    """As HTTP demands."""
    answer = site.ask("PUT", "/v1/cameras")
    detail_of(answer, 405, "http-error")
    assert answer.headers["allow"] == "GET"
    for path in (f"/v1/strangers/given/{'0' * 64}", "/v1/enrolments/door"):
        assert site.ask("PUT", path).headers["allow"] == "DELETE, GET"


@pytest.mark.parametrize(
    "options",
    [
        {"epochs": 0},
        {"base_width": 0.3},
        {"base": "dlib"},
        {"false_names": 0},
        {"speed": 9},
        {"weights": "/etc/passwd"},
    ],
)
def test_a_training_that_makes_no_sense_is_not_enqueued(
    site: Site, client: redis.Redis, options: dict[str, object]
) -> None:
    """The option is named."""
    (option,) = options
    assert option in detail_of(site.ask("POST", "/v1/training-jobs", json=options), 422, "invalid-request")
    assert client.llen("rq:queue:training") == 0


def test_without_redis_every_answer_that_needs_it_says_so(open_site: Callable[[redis.Redis], Site]) -> None:
    """The sentence says how to start it."""
    away = open_site(open_redis(f"redis://127.0.0.1:{free_port()}/0"))
    for method, path in (("GET", "/v1/cameras"), ("POST", "/v1/training-jobs"), ("GET", "/v1/training-jobs/x")):
        assert "`familiar up`" in detail_of(away.ask(method, path), 503, "redis-unavailable")


def test_without_redis_people_are_listed_all_the_same(open_site: Callable[[redis.Redis], Site]) -> None:
    """They stand in the store."""
    away = open_site(open_redis(f"redis://127.0.0.1:{free_port()}/0"))
    assert away.ask("GET", "/v1/people").status_code == 200
