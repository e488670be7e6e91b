"""Resumable import of an archive of public faces into the store of strangers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from familiar.cli.console import err
from familiar.cli.fetch.download import RemoteFile, download
from familiar.cli.fetch.labeled_faces import middle_face, pictures_of
from familiar.shared.contract.errors import FetchRunning
from familiar.shared.runtime.files import write_atomically
from familiar.shared.runtime.quotas import Quotas
from familiar.shared.stores.sealing import Seals
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.detector import FaceDetector, open_detector

# Number of faces between two checkpoints.
NOTE_EVERY = 20

_WITHOUT_LIMITS = Quotas()
_DESCRIPTION = TextColumn("{task.description:>24}")


def fetch_faces(
    remote: RemoteFile,
    home: Path,
    people: int,
    yunet: Path | None = None,
    quotas: Quotas = _WITHOUT_LIMITS,
    seals: Seals | None = None,
) -> int:
    """Store one face each of `people` people, as far as the archive has them, and return the number of fetched faces.

    An interrupted fetch is resumed by the next call, both the download and the cropping. The archive is deleted at the
    end. `yunet` is the model of the detector, see `familiar.shared.vision.detector.open_detector`; `seals` are those of
    the store.

    Raises:
        StrangersUnavailable: see `familiar.cli.fetch.download.download`.
        FetchRunning: another fetch is running.
        KeyMissing, KeyWrong: faces are encrypted with another key.
        TooManyStrangers: the store has as many as it may.
        DiskFull, OSError: the disk is full.
    """
    quotas.require_space(home)
    store = StrangerStore(home, quotas, seals)
    folder = home / "strangers"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        archive, note = folder / "archive.tgz", folder / "archive.position"
        if not archive.exists():
            note.unlink(missing_ok=True)
            with Progress(_DESCRIPTION, BarColumn(40), DownloadColumn(), TransferSpeedColumn(), console=err) as bar:
                task = bar.add_task("download", total=None)
                download(remote, archive, lambda done, total: bar.update(task, completed=done, total=total))
        _store_faces(archive, note, store, people, open_detector(yunet))
        archive.unlink()
        note.unlink(missing_ok=True)
    return store.count(StrangerSource.FETCHED)


def _store_faces(archive: Path, note: Path, store: StrangerStore, people: int, detector: FaceDetector) -> None:
    """Crop one face of each person until there are enough; `note` is the checkpoint: the last position done."""
    last = int(note.read_text()) if note.exists() else -1
    present = store.count(StrangerSource.FETCHED)
    taken: set[str] = set()
    with Progress(_DESCRIPTION, BarColumn(40), MofNCompleteColumn(), TimeRemainingColumn(), console=err) as bar:
        task = bar.add_task("faces", total=people, completed=present)
        for picture in pictures_of(archive):
            if present >= people:
                break
            if picture.position <= last:
                taken.add(picture.person)
            elif picture.person not in taken and (crop := middle_face(picture.jpeg, detector)):
                taken.add(picture.person)
                present += store.add(StrangerSource.FETCHED, crop, None)
                bar.update(task, completed=present)
                if present % NOTE_EVERY == 0:
                    write_atomically(note, str(picture.position).encode())


def delete_download(home: Path) -> None:
    """Delete the partial download of an interrupted fetch.

    Raises:
        FetchRunning: the fetch is running.
    """
    folder = home / "strangers"
    if folder.exists():
        with _alone(folder):
            for path in folder.glob("archive.*"):
                path.unlink()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        with FileLock(folder / "fetch.lock", blocking=False):
            yield
    except Timeout as error:
        raise FetchRunning from error
