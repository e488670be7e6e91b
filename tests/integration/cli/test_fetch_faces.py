"""Fetching strangers' faces from a server: whatever breaks, what is stored is right, and nothing begins anew."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock

from familiar.cli.fetch import fetch_faces as module
from familiar.cli.fetch.download import RemoteFile
from familiar.cli.fetch.fetch_faces import delete_download, fetch_faces
from familiar.cli.fetch.labeled_faces import LARGEST_PICTURE, middle_face, pictures_of
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.errors import FetchRunning, StrangersUnavailable
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.detector import FaceDetector
from familiar.shared.vision.images import decode_image, encode_jpeg
from tests.builders import closed_port
from tests.command_line import Ran, familiar

PEOPLE = ("Ada_One", "Bob_Two", "Cy_Three", "Di_Four")
FETCHED = StrangerSource.FETCHED


@dataclass
class Server:
    """A server of one file that counts what it is asked, and breaks off after so many bytes where it is told to."""

    data: bytes
    breaks_after: int | None = None
    knows_ranges: bool = True
    url: str = ""
    asked: list[str | None] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Send the file, or the rest of it from where it is asked for."""
        asked = handler.headers.get("Range")
        self.asked.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.knows_ranges else 0
        if start and start >= len(self.data):
            handler.send_error(416)
            return
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(self.data) - start))
        handler.end_headers()
        end = len(self.data) if self.breaks_after is None else start + self.breaks_after
        handler.wfile.write(self.data[start:end])

    @property
    def remote(self) -> RemoteFile:
        """Tell where the file is, and what its hash is."""
        return RemoteFile(self.url, hashlib.sha256(self.data).hexdigest())


def picture(name: str, seconds: float = 1.0) -> bytes:
    """Give a picture of 250 by 250 pixels of a drawn person."""
    return encode_jpeg(draw(person(name), seconds, width=250, height=250))


def archive_of(members: list[tuple[str, bytes]]) -> bytes:
    """Pack files into an archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in members:
            archive.addfile(_member(name, len(data)), io.BytesIO(data))
    return packed.getvalue()


def _member(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member


@pytest.fixture(scope="module")
def portraits() -> bytes:
    """Give an archive like the real one: two pictures each of four people."""
    return archive_of(
        [(f"lfw/{name}/{name}_000{number}.jpg", picture(name, number)) for name in PEOPLE for number in (1, 2)]
    )


@pytest.fixture
def server(portraits: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Give a server of that archive."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    served = Server(portraits)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        served.url = f"http://127.0.0.1:{listening.server_port}/portraits.tgz"
        yield served
        listening.shutdown()
        thread.join()


def left_over(home: Path) -> set[str]:
    """Name what there is beside the faces; a lock's empty file does not count."""
    return {path.name for path in (home / "strangers").iterdir() if path.is_file()} - {"fetch.lock"}


def test_one_face_of_each_person_is_stored_and_the_archive_is_deleted(server: Server, home: Path) -> None:
    """Crops of faces, and nothing else."""
    assert fetch_faces(server.remote, home, people=10) == len(PEOPLE)
    faces = StrangerStore(home).faces()
    assert len(faces) == len(PEOPLE)
    for face in faces:
        height, width = decode_image(face.jpeg).shape[:2]
        assert height == width < 250
    assert left_over(home) == set()


def test_there_are_no_more_people_than_were_asked_for(server: Server, home: Path) -> None:
    """The first ones of the archive."""
    assert fetch_faces(server.remote, home, people=2) == 2
    assert fetch_faces(server.remote, home, people=3) == 3


def test_a_download_that_broke_off_goes_on_where_it_did(server: Server, home: Path) -> None:
    """Three times cut off, then whole; not a byte was sent twice."""
    third = len(server.data) // 3
    server.breaks_after = third
    for _ in range(3):
        with pytest.raises(StrangersUnavailable, match="it goes on where it stopped"):
            fetch_faces(server.remote, home, people=10)
        assert left_over(home) == {"archive.tgz.partial"}
    server.breaks_after = None
    assert fetch_faces(server.remote, home, people=10) == len(PEOPLE)
    assert server.asked == [None, *(f"bytes={third * times}-" for times in (1, 2, 3))]


def test_a_server_that_knows_no_ranges_sends_everything_anew(server: Server, home: Path) -> None:
    """What had come before is not doubled."""
    server.knows_ranges = False
    server.breaks_after = 5000
    with pytest.raises(StrangersUnavailable):
        fetch_faces(server.remote, home, people=10)
    server.breaks_after = None
    assert fetch_faces(server.remote, home, people=10) == len(PEOPLE)


def test_what_was_whole_but_not_checked_yet_is_not_downloaded_again(server: Server, home: Path) -> None:
    """The process was killed between the two."""
    (home / "strangers").mkdir()
    (home / "strangers" / "archive.tgz.partial").write_bytes(server.data)
    assert fetch_faces(server.remote, home, people=10) == len(PEOPLE)
    assert server.asked == [f"bytes={len(server.data)}-"]


def test_a_file_of_another_hash_is_deleted_and_said(server: Server, home: Path) -> None:
    """Nothing of it is unpacked, and the next fetch begins anew."""
    with pytest.raises(StrangersUnavailable, match=r"SHA-256 .* was deleted"):
        fetch_faces(RemoteFile(server.url, "0" * 64), home, people=10)
    assert left_over(home) == set()
    assert StrangerStore(home).faces() == ()
    assert fetch_faces(server.remote, home, people=10) == len(PEOPLE)


def test_cutting_that_was_cut_short_goes_on_where_it_stopped(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the download nor the faces that are stored are done again."""
    monkeypatch.setattr(module, "NOTE_EVERY", 1)
    seen: list[bytes] = []

    def interrupted(jpeg: bytes, detector: FaceDetector) -> bytes | None:
        seen.append(jpeg)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return middle_face(jpeg, detector)

    monkeypatch.setattr(module, "middle_face", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch_faces(server.remote, home, people=10)
    assert StrangerStore(home).count(FETCHED) == 2
    assert fetch_faces(server.remote, home, people=10) == len(PEOPLE)
    assert len(server.asked) == 1
    assert seen == [picture(name, 1) for name in (*PEOPLE[:3], *PEOPLE[2:])]


def test_a_picture_without_a_face_gives_way_to_the_persons_next(server: Server, home: Path) -> None:
    """So does one that cannot be read."""
    server.data = archive_of(
        [
            ("lfw/Ada/1.jpg", encode_jpeg(decode_image(picture("Ada")) * 0 + 90)),
            ("lfw/Ada/2.jpg", b"\xff\xd8 broken"),
            ("lfw/Ada/3.jpg", picture("Ada")),
        ]
    )
    assert fetch_faces(server.remote, home, people=10) == 1


def test_an_evil_member_is_passed_over_and_nothing_is_written_by_its_name(server: Server, home: Path) -> None:
    """Neither outside the store nor in it; what is large is never held."""
    good = picture("Ada")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for name in ("../x", "../x/y.jpg", "/etc/familiar/y.jpg", "lfw/../x.jpg", "lfw/Ada/y.exe", "y.jpg"):
            archive.addfile(_member(name, len(good)), io.BytesIO(good))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
            member = _member("lfw/Eve/link.jpg", kind=kind)
            member.linkname = "/etc/passwd"
            archive.addfile(member)
        size = 100_000_000
        with Path("/dev/zero").open("rb") as zeros:
            archive.addfile(_member("lfw/Mallory/large.jpg", size), zeros)
        archive.addfile(_member("lfw/Trent/empty.jpg"))
        archive.addfile(_member("lfw/Ada/good.jpg", len(good)), io.BytesIO(good))
    server.data = packed.getvalue()
    assert size > LARGEST_PICTURE
    before = set(home.parent.rglob("*"))
    assert fetch_faces(server.remote, home, people=10) == 1
    made = {path.relative_to(home) for path in set(home.parent.rglob("*")) - before}
    (face,) = StrangerStore(home).faces()
    assert made == {
        Path("strangers"),
        Path("strangers/fetched"),
        Path("strangers/fetch.lock"),
        face.path.relative_to(home),
    }


def test_the_pictures_of_an_archive_have_their_person_and_their_place(portraits: bytes, tmp_path: Path) -> None:
    """In the order of the archive."""
    path = tmp_path / "portraits.tgz"
    path.write_bytes(portraits)
    pictures = list(pictures_of(path))
    assert [each.position for each in pictures] == list(range(8))
    assert [each.person for each in pictures] == [name for name in PEOPLE for _ in (1, 2)]
    assert pictures[1].jpeg == picture(PEOPLE[0], 2)


def test_two_fetches_at_once_are_one_too_many(server: Server, home: Path) -> None:
    """The second says so, and touches nothing."""
    (home / "strangers").mkdir()
    with FileLock(home / "strangers" / "fetch.lock"):
        with pytest.raises(FetchRunning):
            fetch_faces(server.remote, home, people=10)
        with pytest.raises(FetchRunning):
            delete_download(home)
    assert server.asked == []


def familiar_strangers(home: Path, *arguments: str, **environment: str) -> Ran:
    """Run `familiar strangers` to its end."""
    return familiar("strangers", *arguments, FAMILIAR_HOME=str(home), **environment)


def test_without_a_network_the_command_says_what_to_do(home: Path) -> None:
    """One sentence, and no traceback."""
    run = familiar_strangers(home, "fetch", HTTPS_PROXY=f"http://127.0.0.1:{closed_port()}", NO_PROXY="")
    assert run.returncode == 1
    assert "put pictures of strangers into a folder and name it in FAMILIAR_STRANGERS" in " ".join(run.stderr.split())
    assert "Traceback" not in run.stderr


def test_the_command_counts_and_clears(home: Path) -> None:
    """Marked and given faces only where that is said; the folder of FAMILIAR_STRANGERS is named, and left alone."""
    store = StrangerStore(home)
    for source in StrangerSource:
        store.add(source, picture("Ada"), None)
    (home / "strangers" / "archive.tgz.partial").write_bytes(b"half an arch")
    shown = familiar_strangers(home, FAMILIAR_STRANGERS="/some/strangers").stdout
    assert dict(line.split()[1:4:2] for line in shown.splitlines() if " 1 " in line) == dict.fromkeys(
        StrangerSource, "1"
    )
    assert "FAMILIAR_STRANGERS=/some/strangers" in shown
    assert "FAMILIAR_STRANGERS" not in familiar_strangers(home, FAMILIAR_STRANGERS="").stdout
    assert familiar_strangers(home, "fetch", "--people", "1").stdout.startswith("Fetched faces of strangers: 1.")
    assert familiar_strangers(home, "clear").stdout == "Deleted faces of strangers: 1.\n"
    assert left_over(home) == set()
    assert {source: store.count(source) for source in StrangerSource} == {"fetched": 0, "given": 1, "marked": 1}
    assert familiar_strangers(home, "clear", "--given").stdout == "Deleted faces of strangers: 1.\n"
    assert familiar_strangers(home, "clear", "--marked").stdout == "Deleted faces of strangers: 1.\n"
    assert store.faces() == ()
