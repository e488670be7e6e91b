"""Backups: a file that is restored whole, or refused with nothing put in place."""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import strategies as st

from familiar.shared.archive.backup import write_backup
from familiar.shared.archive.index import FOLDERS, INDEX
from familiar.shared.archive.restore import restore_backup
from tests.builders import NOON
from tests.fuzzing.door import Door, Fault, Outcome, outcome_of
from tests.fuzzing.ground import Ground
from tests.odd_entries import odd_json
from tests.pictures import damaged

_NAMES = (
    *("people/zoe.json", "people/../x", "../x", "/x", "people", "", ".", "people/", "people//x", "models/current", "x"),
    *("samples/train/zoe/x.jpg", "people/" + "x" * 300, "people/zoe.json/x", "models/1/manifest.json", "people/a\nb"),
    *(
        "people/a\0b",
        "people/\udcff",
        "people/é",
        "models/2/" + "y/" * 200 + "z",
        INDEX,
        f"people/{INDEX}",
        ".partial-x",
    ),
)
_TYPES = (tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, b"?")
_PAX = st.dictionaries(
    st.sampled_from(["path", "size", "mtime", "GNU.sparse.map", "GNU.sparse.size", "GNU.sparse.major", "hdrcharset"]),
    st.sampled_from(["", "-1", "x", "9" * 30, "1e400", "people/../../x", "1", "0,9", "BINARY"]),
    max_size=2,
)
Member = tuple[str, bytes, bytes, dict[str, str]]


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Restore files into an empty home each time."""
    home = ground.home()
    shutil.rmtree(home / "models" / "1")
    backup = io.BytesIO()
    write_backup(home, backup, NOON)
    file = backup.getvalue()
    with tarfile.open(fileobj=io.BytesIO(file)) as archive:
        index = archive.extractfile(INDEX)
        written = json.loads(index.read() if index else b"")
    target = ground.folder / "restored" / "home"

    def send(data: bytes) -> list[Outcome]:
        shutil.rmtree(target.parent, ignore_errors=True)
        target.parent.mkdir()
        outcome = outcome_of(lambda: restore_backup(target, io.BytesIO(data)))
        _require_whole_or_nothing(target, outcome)
        return [outcome]

    name = st.sampled_from(_NAMES)
    member = st.tuples(name, st.sampled_from(_TYPES) | st.just(tarfile.REGTYPE), st.binary(max_size=40), _PAX)
    own = st.lists(member, max_size=3).flatmap(
        lambda members: st.builds(_archive, st.just(members), odd_json({**written, "files": _hashes(members)}))
    )
    yield Door(damaged(st.just(file)) | own | damaged(own) | st.binary(max_size=600), send)


def _hashes(members: list[Member]) -> dict[str, str]:
    return {name.encode(errors="replace").decode(): hashlib.sha256(data).hexdigest() for name, _, data, _ in members}


def _archive(members: list[Member], index: bytes) -> bytes:
    """Build a backup of any members, with an index that names them."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as archive:
        for name, kind, data, pax in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname, info.pax_headers = kind, len(data), "people/zoe.json", dict(pax)
            archive.addfile(info, io.BytesIO(data))
        last = tarfile.TarInfo(INDEX)
        last.size = len(index)
        archive.addfile(last, io.BytesIO(index))
    return file.getvalue()


def _require_whole_or_nothing(home: Path, outcome: Outcome) -> None:
    beside = [path.name for path in home.parent.iterdir() if path != home]
    if beside:
        raise Fault(f"something was written beside the home: {beside}")
    there = [path.relative_to(home).as_posix() for path in home.rglob("*")]
    if outcome is Outcome.REFUSED and there:
        raise Fault(f"a refused backup left {there}")
    foreign = [path for path in there if path.partition("/")[0] not in FOLDERS]
    links = [path for path in there if (home / path).is_symlink()]
    if foreign or links:
        raise Fault(f"a backup put {foreign or links} in place")
