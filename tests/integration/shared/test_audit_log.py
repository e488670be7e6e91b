"""The audit log on disk: many writers, rotation, a full disk, and masked names."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from familiar.shared.audit import audit_log
from familiar.shared.audit.audit_log import CAPTURE_FOLDER, FILES, AuditLog, rotation_lock
from familiar.shared.audit.entry import DONE, Action, Actor, AuditEntry, Source
from familiar.shared.audit.read_audit import Wanted, read_audit
from familiar.shared.audit.recorder import Recorder
from familiar.shared.people.erase_audit import mask_audit
from familiar.shared.people.mentions import Mentions
from familiar.shared.stores.forgettings import Forgettings
from tests.auditing import acts, entries, raw
from tests.private_home import open_to_others

NAME, SLUG = "Zoë Krüger", "zoe-kruger"
PANEL, TOKEN_ID = "panel", "0123456789ab"
START = datetime(2026, 11, 30, 12, tzinfo=UTC)

_WRITER = """
import sys
from pathlib import Path
from familiar.shared.audit import audit_log
from familiar.shared.audit.entry import Action, own_entry
audit_log.MOST_BYTES = 20_000
log = audit_log.AuditLog(Path(sys.argv[1]), sys.exit)
for number in range(100):
    log.append(own_entry(Action.TRAIN, job=f"{sys.argv[2]}-{number}"))
"""


def entry(action: str = Action.RENAME, minutes: int = 0, actor: str = "owner", **subject: str) -> AuditEntry:
    """Give an entry of something that a token did so many minutes after the start."""
    return AuditEntry(
        at=START + timedelta(minutes=minutes),
        source=Source.HTTP,
        actor=Actor(name=actor, id=f"token:{TOKEN_ID}"),
        action=action,
        subject=subject,
        outcome=DONE,
        request_id="0123456789abcdef",
    )


@pytest.fixture
def log(home: Path) -> AuditLog:
    """Give a log, whose failure is the test's."""
    return AuditLog(home, pytest.fail)


def test_an_entry_is_one_line_that_other_programs_can_read(home: Path, log: AuditLog) -> None:
    """In a file that no other user can read."""
    log.append(entry(person=SLUG))
    (line,) = (home / "audit" / "audit.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "at": "2026-11-30T12:00:00.000Z",
        "source": "http",
        "address": None,
        "actor": {"name": "owner", "id": "token:0123456789ab"},
        "action": "rename",
        "subject": {"person": SLUG},
        "outcome": "done",
        "request_id": "0123456789abcdef",
    }
    assert not [found for found in open_to_others(home / "audit") if not found.endswith(".lock")]


def test_several_processes_append_and_rotate_without_losing_or_mixing_entries(home: Path) -> None:
    """Each entry is whole, and there once."""
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(home), str(number)]) for number in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    assert (home / "audit" / "audit.1.jsonl").exists()
    found = [entry.subject["job"] for entry in entries(home)]
    assert len(raw(home).splitlines()) == len(found)
    assert sorted(found) == sorted(f"{writer}-{number}" for writer in range(4) for number in range(100))


def test_there_are_only_so_many_files_of_a_size(home: Path, log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest entries go."""
    monkeypatch.setattr(audit_log, "MOST_BYTES", 1_000)
    for number in range(100):
        log.append(entry(minutes=number, job=str(number)))
    names = {path.name for path in (home / "audit").glob("*.jsonl")}
    # Where the last entry was one too many, the next one begins a new file.
    assert names | {"audit.jsonl"} == {"audit.jsonl", *(f"audit.{number}.jsonl" for number in range(1, FILES))}
    assert all(path.stat().st_size < 1_300 for path in (home / "audit").glob("*.jsonl"))
    kept = [int(entry.subject["job"]) for entry in entries(home)]
    assert kept == list(range(100 - len(kept), 100))
    assert 15 < len(kept) < 30


def test_files_keep_their_names_while_names_are_masked(
    home: Path, log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one might be passed over. Nobody waits: the next entry finds the file too large again."""
    monkeypatch.setattr(audit_log, "MOST_BYTES", 1_000)
    log.append(entry())
    with rotation_lock(home / "audit"):
        for _ in range(10):
            log.append(entry())
    assert not (home / "audit" / "audit.1.jsonl").exists()
    log.append(entry())
    assert (home / "audit" / "audit.1.jsonl").exists()


def test_an_entry_that_was_cut_off_costs_no_other(home: Path, log: AuditLog) -> None:
    """As by a full disk, or a process of another program."""
    log.append(entry(job="1"))
    with (home / "audit" / "audit.jsonl").open("ab") as file:
        file.write(b'{"at": "2026')
    log.append(entry(job="2"))
    assert [entry.subject["job"] for entry in entries(home)] == ["1", "2"]


def test_entries_are_found_by_person_token_and_time(home: Path, log: AuditLog) -> None:
    """The newest first, those of capture among them."""
    log.append(entry(minutes=1, person=SLUG))
    log.append(entry(minutes=3, actor=PANEL, person="karan"))
    log.append(entry(Action.REVOKE_TOKEN, minutes=4, token=PANEL))
    AuditLog(home, pytest.fail, CAPTURE_FOLDER).append(entry(Action.OPEN_CAMERA, minutes=2, camera="door"))

    def minutes(wanted: Wanted, most: int = 10) -> list[int]:
        return [found.at.minute for found in read_audit(home, wanted, most)]

    assert minutes(Wanted()) == [4, 3, 2, 1]
    assert minutes(Wanted(), most=2) == [4, 3]
    assert minutes(Wanted(person=SLUG)) == [1]
    assert minutes(Wanted(token=PANEL)) == [4, 3]
    assert minutes(Wanted(token=TOKEN_ID)) == [4, 3, 2, 1]
    assert minutes(Wanted(since=START + timedelta(minutes=3))) == [4, 3]


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a home on a disk without room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_stops_nobody_and_is_told_once(full_disk: Path) -> None:
    """With room again, the log says how many entries are missing."""
    said: list[str] = []
    log = AuditLog(full_disk, said.append)
    for _ in range(3):
        log.append(entry(job="lost"))
    assert said == ["The audit log cannot be written: No space left on device. What happens is not recorded."]
    (full_disk / "ballast").unlink()
    log.append(entry(job="kept"))
    assert [(action, subject) for action, subject, _ in acts(full_disk)] == [
        ("lose-entries", {"count": "3"}),
        ("rename", {"job": "kept"}),
    ]


def test_a_forgotten_person_is_masked_in_all_files_and_nothing_else_changes(
    home: Path, log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done, by whom and when stays; where a name is part of another one, that is left alone."""
    monkeypatch.setattr(audit_log, "MOST_BYTES", 2_000)
    for number in range(20):
        log.append(entry(minutes=number, person=SLUG if number % 2 else "zoe-krugers"))
    log.append(entry(minutes=20, actor=f"{SLUG}-phone", token=f"phone-of-{SLUG}"))
    before = entries(home)
    size = len(raw(home))
    assert len(list((home / "audit").glob("*.jsonl"))) > 2

    assert mask_audit(home, Mentions([SLUG, NAME])) == 11
    after = entries(home)
    assert SLUG.encode() not in raw(home).replace(b"zoe-krugers", b"")
    assert len(raw(home)) == size
    assert [(found.at, found.action, found.outcome, found.actor.id) for found in after] == [
        (found.at, found.action, found.outcome, found.actor.id) for found in before
    ]
    assert {found.subject["person"] for found in after[:-1]} == {"zoe-krugers", "*" * len(SLUG)}
    assert mask_audit(home, Mentions([SLUG, NAME])) == 0


@pytest.mark.parametrize("name", ["person", "actor", "done", "rename", "at", "http", "0123456789abcdef"])
def test_somebody_called_like_a_word_of_every_entry_takes_no_entry_along(home: Path, log: AuditLog, name: str) -> None:
    """Only values are masked that may name somebody."""
    log.append(entry(person=name))
    log.append(entry(person="karan"))
    assert mask_audit(home, Mentions([name])) == 1
    assert [found.subject["person"] for found in entries(home)] == ["*" * len(name), "karan"]


@pytest.mark.parametrize("name", ['Zoë "Z" K.', "Zo\\e", "Zoë\u3000K", "ゾーイ"])
def test_a_name_that_json_escapes_is_masked_in_place(home: Path, log: AuditLog, name: str) -> None:
    """Tokens and people have slugs, but a user of this machine may be called anything."""
    log.append(entry(actor=name))
    log.append(entry())
    size = len(raw(home))
    mask_audit(home, Mentions([name]))
    assert len(raw(home)) == size
    assert name not in [found.actor.name for found in entries(home)]
    assert len(entries(home)) == 2


def test_what_is_no_entry_is_masked_as_a_whole(home: Path, log: AuditLog) -> None:
    """The rest of one that was cut off may name somebody, too."""
    log.append(entry())
    with (home / "audit" / "audit.jsonl").open("ab") as file:
        file.write(f'{{"subject": {{"person": "{SLUG}'.encode())
    assert mask_audit(home, Mentions([SLUG])) == 1
    assert SLUG.encode() not in raw(home)


def test_what_began_before_a_forgetting_and_ends_after_it_names_nobody(home: Path, log: AuditLog) -> None:
    """The name was masked in between."""
    recorder = Recorder(log, home)
    before = recorder.begin()
    Forgettings(home).advance()
    recorder.end(before, entry(person=SLUG))
    recorder.end(recorder.begin(), entry(person="karan"))
    assert [subject for _, subject, _ in acts(home)] == [{}, {"person": "karan"}]
