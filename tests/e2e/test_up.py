"""`familiar up`: one command that starts everything, and one Ctrl-C that ends it."""

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from familiar.cli.stack.local_stack import free_port
from familiar.shared.access.token_store import TokenStore
from tests.private_home import open_to_others

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

STOP_SECONDS = 30


@pytest.mark.usefixtures("client")
def test_ctrl_c_ends_every_process(redis_url: str, tmp_path: Path) -> None:
    """The address is printed once inference answers; afterwards nothing of it runs, and the exit status is 0."""
    environment = {"FAMILIAR_HOME": str(tmp_path), "FAMILIAR_PORT": str(free_port()), "REDIS_URL": redis_url}
    command = [sys.executable, "-m", "familiar.cli.main", "up", "--camera", "karan=synthetic:karan"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        secret = TokenStore(tmp_path).owner_secret()
        assert f"Open http://127.0.0.1:{environment['FAMILIAR_PORT']}/#token={secret} " in up.stdout.readline()
        descendants = psutil.Process(up.pid).children(recursive=True)
        commands = " ".join(" ".join(process.cmdline()) for process in descendants)
        for service in ("capture", "extractor", "trainer", "inference"):
            assert f"services.{service}" in commands
        assert secret not in commands
        assert "redis-server" not in commands
        up.send_signal(signal.SIGINT)
        rest, _ = up.communicate(timeout=STOP_SECONDS)
    assert up.returncode == 0
    assert "Stopped." in rest
    assert [process for process in descendants if process.is_running()] == []


def test_a_second_stack_of_the_same_home_is_refused(
    start_stack: Callable[..., AbstractContextManager["Running"]], tmp_path: Path
) -> None:
    """It says so in a sentence, and the first one runs on; a home may have any name."""
    home = tmp_path / "my 100 % home"
    home.mkdir()
    with start_stack(home) as stack:
        run = stack.familiar("up")
        assert run.returncode == 1
        assert "already running" in run.stderr
        assert stack.http.get("/healthz").status_code == 200


def test_stopping_in_the_middle_of_a_training_loses_no_job(
    start_stack: Callable[..., AbstractContextManager["Running"]], tmp_path: Path
) -> None:
    """The job goes back to the queue with Ctrl-C, and is done after the next start."""
    with start_stack(tmp_path) as stack:
        for name in ("Karan", "Arjun"):
            stack.samples.register(name)
        job_id = stack.familiar("train", "--no-wait").stdout.strip()
        stack.wait_for("the job's start", lambda: stack.process("trainer").children() != [])
    with start_stack(tmp_path) as stack:
        # Nobody has samples, so the job's end is a failure that says so.
        stack.wait_for("the job", lambda: stack.http.get(f"/v1/training-jobs/{job_id}").json()["state"] == "failed")
        assert "0 samples" in stack.http.get(f"/v1/training-jobs/{job_id}").json()["error"]["detail"]


def test_nothing_in_the_home_is_open_to_other_users(taught: "Running") -> None:
    """Neither samples nor versions with faces, Redis' file and the logs, after enrolments and a training."""
    home = taught.stack.settings.home
    for folder in ("samples", "people", "models/1", "redis", "logs", "run"):
        assert any((home / folder).iterdir())
    assert open_to_others(home) == []


def test_at_midnight_services_go_on_in_new_logs(
    start_stack: Callable[..., AbstractContextManager["Running"]], tmp_path: Path
) -> None:
    """Those of the day before have the next number."""
    with start_stack(tmp_path) as stack:
        local = stack.stack
        local.keep_logs(datetime.now(UTC))
        before = local.log_of("inference").read_text()
        assert "started" in before
        local.keep_logs(datetime.now(UTC) + timedelta(days=1))
        former = local.log_of("inference").with_name("inference.log.1")
        stack.wait_for("new logs", lambda: local.log_of("inference").exists())
        stack.process("inference").kill()
        stack.wait_for("a line", lambda: "started" in local.log_of("inference").read_text())
        assert former.read_text().startswith(before)


def test_doctor_says_what_is_there(taught: "Running") -> None:
    """Python, Redis, weights, cameras and the served version, one line each."""
    run = taught.familiar("doctor")
    assert run.returncode == 0, run.stdout
    for words in ("cores", "karan (karan): running", "is served, its files are whole"):
        assert words in run.stdout


def test_doctor_without_redis_names_what_is_missing(taught: "Running", tmp_path: Path) -> None:
    """And the exit status is 1."""
    environment = {
        **taught.environment,
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "FAMILIAR_HOME": str(tmp_path),
    }
    command = [sys.executable, "-m", "familiar.cli.main", "doctor"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 1
    assert "missing" in run.stdout
    assert "familiar up" in run.stdout
    assert "Traceback" not in run.stderr


def test_a_version_shows_its_layers(taught: "Running") -> None:
    """Name, class, frozen or trained, and parameters, of every layer from pixels to people."""
    version = taught.models.current()
    shown = taught.familiar("models", "show", str(version)).stdout
    for words in ("conv_pw_7", "BatchNormalization", "frozen", "people", "Dense", "parameters trained"):
        assert words in shown
    assert "served" in taught.familiar("models").stdout


def test_predict_names_the_faces_of_files(taught: "Running", picture_of_karan: bytes, tmp_path: Path) -> None:
    """One line a face; a file that is no picture is named on standard error, and the others are answered."""
    (tmp_path / "karan.jpg").write_bytes(picture_of_karan)
    (tmp_path / "notes.jpg").write_text("no picture")
    run = taught.familiar("predict", str(tmp_path / "notes.jpg"), str(tmp_path / "karan.jpg"))
    assert run.returncode == 1
    assert "karan.jpg: " in run.stdout
    assert "notes.jpg" in run.stderr
    assert "Send a JPEG" in " ".join(run.stderr.split())


@pytest.mark.parametrize(
    ("camera", "says"),
    [
        ("yard=rtsp://user:secret@192.0.2.7/stream", "FAMILIAR_CAMERAS"),
        ("Front=0", "lower-case"),
        ("film=a.mp4#backwards", "no option backwards"),
    ],
)
def test_a_camera_that_makes_no_sense_is_refused_before_anything_starts(tmp_path: Path, camera: str, says: str) -> None:
    """A sentence, no password in it, and no process."""
    command = [sys.executable, "-m", "familiar.cli.main", "up", "--camera", camera]
    run = subprocess.run(
        command,
        env={"FAMILIAR_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1
    assert says in " ".join(run.stderr.split())
    assert "secret" not in run.stderr
    assert not (tmp_path / "run" / "supervisord.pid").exists()
