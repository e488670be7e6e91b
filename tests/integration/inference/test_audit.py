"""Who asked inference for what, as the audit log has it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from familiar.shared.access.failed_attempts import BURST
from familiar.shared.access.scopes import Scope
from familiar.shared.contract.messages import Split
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.stores.forgettings import Forgettings, Intention
from familiar.shared.stores.samples import SampleStore
from tests.app_client import Site
from tests.auditing import acts, entries, raw
from tests.builders import crop, origin
from tests.serving import Serving, wait_until

ZOE = {"person": "zoe"}


@pytest.fixture
def sample(store: SampleStore) -> str:
    """Give a path to a sample of Zoe."""
    store.register("Zoe")
    store.add("zoe", Split.TRAIN, crop(1), origin(1), most=None)
    (sample_id,) = store.sample_ids("zoe")
    return f"/v1/people/zoe/samples/{sample_id}"


def test_a_change_is_recorded_with_who_what_whom_and_how(site: Site, home: Path, sample: str) -> None:
    """Under the id that the answer has; of a deleted sample not even the hash stays."""
    secret = site.tokens.add("panel", [Scope.ADMIN])
    answer = site.ask_as(secret, "DELETE", sample)
    assert answer.status_code == 204
    (entry,) = entries(home)
    token = site.tokens.find(secret)
    assert token is not None
    assert (entry.actor.name, entry.actor.id) == ("panel", f"token:{token.id}")
    assert (entry.action, entry.subject, entry.outcome) == ("delete-sample", ZOE, "done")
    assert entry.source == "http"
    assert entry.address == "127.0.0.1"
    assert entry.request_id == answer.headers["x-request-id"]
    assert datetime.now(UTC) - entry.at < timedelta(minutes=1)
    for hidden in (secret, token.sha256, sample.rpartition("/")[2]):
        assert hidden.encode() not in raw(home)


def test_what_the_page_does_is_told_from_what_programs_do(site: Site, home: Path, sample: str) -> None:
    """By the cookie that it sends instead of a header."""
    assert sample
    secret = site.tokens.owner_secret()
    site.ask_as(secret, "POST", "/v1/session", headers={"origin": "http://127.0.0.1:8000"})
    cookie = {"cookie": f"familiar_token_8000={secret}"}
    site.ask_as(None, "PATCH", "/v1/people/zoe", json={"name": "Zoe K."}, headers=cookie)
    site.ask("PATCH", "/v1/people/zoe", json={"name": "Zoe"})
    assert [(entry.action, str(entry.source), entry.actor.name) for entry in entries(home)] == [
        ("log-in", "page", "owner"),
        ("rename", "page", "owner"),
        ("rename", "http", "owner"),
    ]


def test_whoever_is_named_in_the_body_is_named_in_the_log(
    site: Site, home: Path, sample: str, client: redis.Redis
) -> None:
    """By slug: a display name that was changed since could not be masked."""
    assert sample
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
    assert site.ask("POST", "/v1/enrolments", json={"camera": "door", "name": "Zoë K."}).is_success
    job = site.ask("POST", "/v1/training-jobs").json()["job_id"]
    site.ask("DELETE", "/v1/enrolments/door")
    assert acts(home) == [
        ("enrol", {"person": "zoe-k", "camera": "door"}, "done"),
        ("train", {"job": job}, "done"),
        ("cancel-enrolment", {"camera": "door"}, "done"),
    ]
    assert "Zoë".encode() not in raw(home)


def test_what_fails_is_recorded_with_its_code_and_names_nobody(site: Site, home: Path) -> None:
    """Whoever is not enrolled is nobody, and a name that somebody tries is nobody's."""
    site.ask("PATCH", "/v1/people/nobody-here", json={"name": "Karan"})
    site.ask("POST", "/v1/models/7/activate")
    site.ask("DELETE", "/v1/diary/of-zoe")
    assert acts(home) == [
        ("rename", {}, "unknown-person"),
        ("pin-version", {}, "unknown-model"),
        ("DELETE of no route", {}, "http-error"),
    ]
    assert b"nobody-here" not in raw(home)
    assert b"zoe" not in raw(home)


def test_refused_requests_are_recorded_whatever_they_ask(site: Site, home: Path) -> None:
    """With the token where there is one; without one once, however many paths somebody tries."""
    watcher = site.tokens.add("watcher", [Scope.WATCH])
    old = site.tokens.add("old", [Scope.ADMIN], datetime.now(UTC) - timedelta(seconds=1))
    site.ask_as(watcher, "DELETE", "/v1/people/zoe")
    site.ask_as(watcher, "POST", "/v1/predictions")
    site.ask_as(old, "GET", "/v1/people")
    for path in ("/v1/people", "/v1/models", "/v1/nothing"):
        site.ask_as(None, "GET", path)
        site.ask_as("familiar_wrong", "GET", path)
    site.ask("DELETE", "/v1/people/zoe", headers={"sec-fetch-site": "cross-site"})
    assert [(entry.actor.name, str(entry.action), entry.outcome) for entry in entries(home)] == [
        ("watcher", "forget", "scope-missing"),
        ("watcher", "POST /v1/predictions", "scope-missing"),
        ("old", "GET /v1/people", "token-expired"),
        ("nobody", "GET /v1/people", "token-missing"),
        ("nobody", "GET /v1/people", "token-wrong"),
        ("owner", "forget", "cross-site-request"),
    ]


def test_looking_is_recorded_once_in_ten_minutes_by_token_and_person(site: Site, home: Path, sample: str) -> None:
    """However many samples somebody looks at."""
    other = site.tokens.add("other", [Scope.ADMIN])
    for _ in range(3):
        assert site.ask("GET", sample).status_code == 200
        site.ask("GET", "/v1/people/zoe/samples")
        site.ask_as(other, "GET", sample)
    assert [(entry.actor.name, entry.action, entry.subject) for entry in entries(home)] == [
        ("owner", "show-samples", ZOE),
        ("other", "show-samples", ZOE),
    ]


def test_predictions_health_checks_and_lists_are_not_recorded(site: Site, home: Path) -> None:
    """There would be nothing else to be found."""
    site.ask("POST", "/v1/predictions", content=b"x", headers={"content-type": "image/jpeg"})
    for path in ("/healthz", "/readyz", "/", "/v1/people", "/v1/models", "/v1/cameras", "/metrics", "/v1/session"):
        site.ask("GET", path)
    assert entries(home) == []


def test_that_somebody_was_forgotten_stays_and_whom_does_not(site: Site, home: Path, sample: str) -> None:
    """By whom, and when; what was done to them before names them no more, also where it is asked for again."""
    site.ask("GET", sample)
    site.ask("PATCH", "/v1/people/zoe", json={"name": "Zoe K."})
    receipt = site.ask("DELETE", "/v1/people/zoe").json()
    assert receipt["log_lines"] == 2
    site.ask("DELETE", "/v1/people/zoe")
    site.ask("GET", sample)
    assert acts(home) == [
        ("show-samples", {"person": "***"}, "done"),
        ("rename", {"person": "***"}, "done"),
        ("forget", {}, "done"),
        ("forget", {}, "unknown-person"),
        ("show-samples", {}, "unknown-sample"),
    ]
    assert b"zoe" not in raw(home).lower()
    assert {entry.actor.name for entry in entries(home)} == {"owner"}


def test_whoever_guesses_fills_no_log(site: Site, home: Path) -> None:
    """Neither with wrong tokens nor, once these are not looked at any more, with any."""
    for _ in range(3 * BURST):
        site.ask_as("familiar_guess", "POST", "/v1/training-jobs")
    assert [entry.outcome for entry in entries(home)] == ["token-wrong", "too-many-attempts"]


def test_a_forgetting_that_inference_completes_is_recorded(inference: Serving) -> None:
    """The command that began it was killed before it could record anything."""
    home = inference.tokens.folder.parent
    Forgettings(home).begin(
        Intention(person="zoe", names=("Zoe",), samples=0, model_versions=(), training=None, job_id="j")
    )
    wait_until(lambda: bool(acts(home)))
    assert acts(home) == [("forget", {}, "done")]
    assert [str(entry.source) for entry in entries(home)] == ["service"]


def test_the_log_is_shown_to_admin_alone(site: Site, home: Path, sample: str) -> None:
    """With filters; that it was looked at is in it, too."""
    site.ask("GET", sample)
    site.ask("PATCH", "/v1/people/zoe", json={"name": "Zoe K."})
    site.ask("POST", "/v1/models/unpin")
    shown = site.ask("GET", "/v1/audit")
    assert [entry["action"] for entry in shown.json()] == ["unpin-version", "rename", "show-samples"]
    assert shown.headers["cache-control"] == "no-store"
    person = site.ask("GET", "/v1/audit?person=zoe&most=1").json()
    assert [(entry["action"], entry["subject"]) for entry in person] == [("rename", ZOE)]
    assert site.ask("GET", "/v1/audit?token=panel").json() == []
    assert site.ask("GET", "/v1/audit?since=2100-01-01T00:00:00Z").json() == []
    assert site.ask("GET", "/v1/audit?since=yesterday").status_code == 422
    for scope in set(Scope) - {Scope.ADMIN}:
        assert site.ask_as(site.tokens.add(f"is-{scope}", [scope]), "GET", "/v1/audit").status_code == 403
    assert [entry.action for entry in entries(home)].count("show-audit") == 1 + 1 + 4
