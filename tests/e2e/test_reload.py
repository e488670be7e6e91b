"""Hot reload, seen from outside: a second training under a constant stream of requests."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

ASKING_THREADS = 2
# A training takes the cores that nobody else wants, and clients without a pause would leave none.
PAUSE_SECONDS = 0.05


@dataclass
class Asked:
    """What one client was answered, in order."""

    versions: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def ask_until(stopped: threading.Event, client: httpx.Client, picture: bytes, asked: Asked) -> None:
    """Ask who is in a picture again and again, on one connection."""
    with client as http:
        while not stopped.wait(PAUSE_SECONDS):
            answer = http.post("/v1/predictions", content=picture, headers={"Content-Type": "image/jpeg"})
            if answer.is_success:
                asked.versions.append(answer.json()["model_version"])
            else:
                asked.failures.append(answer.text)


def test_a_second_training_is_taken_up_without_a_failed_request(taught: "Running", picture_of_karan: bytes) -> None:
    """No request fails while version 2 comes, and answers go from 1 to 2 and never back."""
    stopped = threading.Event()
    clients = [Asked() for _ in range(ASKING_THREADS)]
    threads = [
        threading.Thread(target=ask_until, args=(stopped, taught.another_client(), picture_of_karan, asked))
        for asked in clients
    ]
    for thread in threads:
        thread.start()
    try:
        before = taught.http.get("/readyz").json()["model_version"]
        trained = taught.familiar("train", "--base-width", "0.25", "--epochs", "2", "--force")
        assert trained.returncode == 0, trained.stderr + taught.logs()
        taught.wait_until_served(before + 1)
        answered = [len(asked.versions) for asked in clients]
        taught.wait_for(
            "answers of the new version",
            lambda: all(len(asked.versions) > count + 5 for asked, count in zip(clients, answered, strict=True)),
        )
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    for asked in clients:
        assert asked.failures == []
        assert set(asked.versions) == {before, before + 1}
        assert asked.versions == sorted(asked.versions)


def test_a_damaged_version_is_refused_and_the_old_one_serves_on(taught: "Running", picture_of_karan: bytes) -> None:
    """A truncated model file of the current version is named by /v1/models, and nobody gets another answer."""
    served = taught.http.get("/readyz").json()["model_version"]
    models = taught.stack.settings.home / "models"
    broken = models / str(served + 1)
    broken.mkdir()
    for path in (models / str(served)).iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    manifest = broken / "manifest.json"
    manifest.write_text(manifest.read_text().replace(f'"version": {served}', f'"version": {served + 1}'))
    (broken / "model.tflite").write_bytes((broken / "model.tflite").read_bytes()[:1000])
    current = models / "current"
    try:
        current.write_text(str(served + 1))
        taught.wait_for("the refusal", lambda: _state(taught, served + 1) == "failed")
        answer = taught.http.post("/v1/predictions", files={"image": picture_of_karan})
        assert answer.json()["model_version"] == served
        (refused,) = (model for model in taught.http.get("/v1/models").json() if model["version"] == served + 1)
        assert "model.tflite" in refused["detail"]
        assert "SHA-256" in refused["detail"]
    finally:
        current.write_text(str(served))


def _state(taught: "Running", version: int) -> str | None:
    states = {model["version"]: model["state"] for model in taught.http.get("/v1/models").json()}
    return states.get(version)
