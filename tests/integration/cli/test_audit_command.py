"""familiar audit, and what commands record."""

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
import typer

from familiar.cli.main import app
from familiar.shared.contract.messages import Split
from familiar.shared.redis.cameras import Camera, CameraState, announce_camera
from familiar.shared.stores.samples import SampleStore
from tests.auditing import acts, entries, raw
from tests.builders import crop, origin
from tests.command_line import Ran, familiar

# What changes nobody and shows nobody else's face: it runs services, asks them, or shows lists of the user's own files.
UNRECORDED = {
    "up",
    "demo",
    "people",
    "predict",
    "watch",
    "doctor",
    "audit",
    "models show",
    "token list",
    "key new",
    # Their own words for `strangers`, until 0.3.0.
    "background fetch",
    "background clear",
}
RECORDED = {
    "enrol",
    "rename",
    "forget",
    "train",
    "correct",
    "backup",
    "restore",
    "export",
    "encrypt",
    "decrypt",
    "models activate",
    "models unpin",
    "strangers fetch",
    "strangers clear",
    "token add",
    "token revoke",
    "token show",
}

Run = Callable[..., Ran]


@pytest.fixture
def run(home: Path, redis_url: str, client: redis.Redis, store: SampleStore) -> Run:
    """Give what runs a command on a home with Zoe and Karan."""
    assert client
    for number, name in enumerate(("Zoe", "Karan")):
        slug = store.register(name).slug
        store.add(slug, Split.TRAIN, crop(number), origin(number), most=None)
    return lambda *arguments: familiar(*arguments, FAMILIAR_HOME=str(home), REDIS_URL=redis_url)


def test_every_command_is_recorded_or_left_out_by_name() -> None:
    """Whoever adds one decides."""
    assert set(_commands(typer.main.get_command(app), "")) == RECORDED | UNRECORDED


def _commands(command: Any, name: str) -> list[str]:  # noqa: ANN401 - of typer's own copy of click
    inner = getattr(command, "commands", None)
    if inner is None:
        return [name.strip()]
    return [found for word in inner for found in _commands(inner[word], f"{name} {word}")]


def test_commands_record_what_they_do_with_the_user_who_runs_them(run: Run, home: Path, tmp_path: Path) -> None:
    """By the system's word for it, whatever the environment says; failures by their code, and naming nobody."""
    backup, export = tmp_path / "b.tar", tmp_path / "zoe.zip"
    assert run("token", "add", "panel", "--scope", "watch").returncode == 0
    assert run("token", "revoke", "panel").returncode == 0
    assert run("token", "show").returncode == 0
    assert run("rename", "Zoe", "Zoe K.").returncode == 0
    assert run("export", "Zoe K.", str(export)).returncode == 0
    assert run("backup", str(backup)).returncode == 0
    job = run("train", "--no-wait").stdout.strip()
    assert run("correct", "gone", "--person", "Zoe K.").returncode == 1
    assert run("models", "activate", "7").returncode == 1
    assert run("models", "unpin").returncode == 0
    assert run("strangers", "clear", "--given").returncode == 0
    assert run("restore", str(export)).returncode == 1
    assert acts(home) == [
        ("add-token", {"token": "panel"}, "done"),
        ("revoke-token", {"token": "panel"}, "done"),
        ("show-owner-token", {"token": "owner"}, "done"),
        ("rename", {"person": "zoe"}, "done"),
        ("export", {"person": "zoe"}, "done"),
        ("back-up", {}, "done"),
        ("train", {"job": job}, "done"),
        ("correct", {}, "unknown-kept-face"),
        ("pin-version", {}, "unknown-model"),
        ("unpin-version", {}, "done"),
        ("delete-strangers", {"source": "fetched given"}, "done"),
        ("restore", {}, "broken-backup"),
    ]
    actors = {(entry.actor.name, entry.actor.id, str(entry.source)) for entry in entries(home)}
    assert actors == {(getpass.getuser(), f"uid:{os.getuid()}", "cli")}


def test_an_enrolment_is_recorded_when_it_begins(run: Run, home: Path, client: redis.Redis) -> None:
    """Here nobody collects anything, and the command gives up."""
    announce_camera(client, Camera(camera="door", source="0", state=CameraState.RUNNING))
    assert run("enrol", "Zoe", "--camera", "door").returncode == 1
    assert acts(home) == [
        ("enrol", {"camera": "door", "person": "zoe"}, "done"),
        ("cancel-enrolment", {"camera": "door"}, "done"),
    ]


def test_forgetting_by_command_leaves_the_entry_and_no_name(run: Run, home: Path) -> None:
    """Neither in what was recorded before."""
    run("rename", "Zoe", "Zoe K.")
    assert run("forget", "Zoe K.", "--yes").returncode == 0
    assert acts(home) == [("rename", {"person": "***"}, "done"), ("forget", {}, "done")]
    assert b"zoe" not in raw(home).lower()


def test_the_log_is_shown_as_a_table_with_filters(run: Run) -> None:
    """The newest last."""
    assert "no such entry" in run("audit").stderr
    run("rename", "Zoe", "Zoe K.")
    run("rename", "Karan", "Karan B.")
    run("token", "add", "panel", "--scope", "watch")

    def shown(*arguments: str) -> list[str]:
        rows = run("audit", *arguments).stdout.splitlines()
        return [word for row in rows for word in ("person=zoe", "person=karan", "token=panel") if word in row]

    assert shown() == ["person=zoe", "person=karan", "token=panel"]
    assert shown("--most", "1") == ["token=panel"]
    assert shown("--person", "Karan") == ["person=karan"]
    assert shown("--token", "panel") == ["token=panel"]
    assert shown("--since", "5m") == ["person=zoe", "person=karan", "token=panel"]
    assert run("audit", "--since", "soon").returncode == 1


def test_a_home_that_cannot_be_written_stops_no_command(run: Run, home: Path) -> None:
    """It says so once, beside its result."""
    (home / "audit").write_text("in the way")
    ran = run("rename", "Zoe", "Zoe K.")
    assert ran.returncode == 0
    assert "The audit log cannot be written" in ran.stderr
    assert "Zoe K." in ran.stdout
