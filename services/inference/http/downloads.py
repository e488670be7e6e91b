"""HTTP: downloads of a version: its report and pictures, its Keras model, and a bundle to name faces with."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from fastapi import APIRouter
from fastapi.responses import FileResponse, StreamingResponse
from typing_extensions import Buffer

from familiar.services.inference.http.openapi.problems import problems
from familiar.services.inference.http.responses import NO_STORE, of_type
from familiar.shared.contract.errors import BrokenModel, UnknownModel, UnknownPicture
from familiar.shared.stores.models import KERAS_MODEL, LANDMARKS, SERVED_MODEL, ModelStore
from familiar.shared.vision import face_mesh

EXAMPLE = "example.py"
LABELS = "labels.json"
FACE_MESH = "face_mesh.py"
# As Starlette sends files.
_PART_BYTES = 65_536

_OF_A_VERSION = problems(UnknownModel, BrokenModel)
# A report inlines its styles and pictures; it loads and runs nothing.
_REPORT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def model_downloads(store: ModelStore) -> APIRouter:
    """Return the download routes of versions."""
    routes = APIRouter(prefix="/v1/models/{version:int}", tags=["models"])

    @routes.get("/report", response_class=FileResponse, responses={**of_type("text/html"), **_OF_A_VERSION})
    def show_report(version: int) -> FileResponse:
        """Return the report that came with a version, an HTML page."""
        store.manifest(version)
        report = store.report(version)
        if report is None:
            raise UnknownModel(f"Model version {version} has no report. Train again to get a version with one.")
        headers = {**NO_STORE, "Content-Security-Policy": _REPORT_POLICY}
        return FileResponse(report, media_type="text/html; charset=utf-8", headers=headers)

    @routes.get(
        "/pictures/{name}",
        response_class=FileResponse,
        responses={**of_type("image/png", "image/jpeg"), **problems(UnknownModel, UnknownPicture, BrokenModel)},
    )
    def show_picture(version: int, name: str) -> FileResponse:
        """Return one of the pictures that the version's findings name, or that its report holds."""
        pictures = [file for file in store.manifest(version).files if file.endswith((".png", ".jpg"))]
        if name not in pictures:
            raise UnknownPicture(f"Model version {version} has no picture {name!r}. {UnknownPicture().detail}")
        return FileResponse(store.path(version, name), headers=NO_STORE)

    @routes.get("/keras", response_class=FileResponse, responses={**of_type("application/zip"), **_OF_A_VERSION})
    def download_keras(version: int) -> FileResponse:
        """Download the version as a Keras model, after verifying its hash."""
        path = store.open(version, KERAS_MODEL).paths[KERAS_MODEL]
        return FileResponse(path, media_type="application/zip", filename=f"familiar-{version}.keras", headers=NO_STORE)

    @routes.get("/bundle", response_class=StreamingResponse, responses={**of_type("application/zip"), **_OF_A_VERSION})
    def download_bundle(version: int) -> StreamingResponse:
        """Download a ZIP of the LiteRT model, its labels and threshold, and a program that names a face with them."""
        headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="familiar-{version}.zip"'}
        return StreamingResponse(bundle_of(store, version), media_type="application/zip", headers=headers)

    return routes


def bundle_of(store: ModelStore, version: int) -> Iterator[bytes]:
    """Return the parts of a ZIP of a version's `model.tflite`, `labels.json` and `example.py`, made while it is read.

    A version that takes aligned faces has `landmarks.tflite` as well, and the program aligns with `face_mesh.py`.

    Raises:
        UnknownModel: there is no such version.
        BrokenModel: a file of it is missing or damaged.
    """
    stored = store.open(version)
    files = stored.paths
    labels = {"people": [person.name for person in stored.manifest.people], "threshold": stored.manifest.threshold}
    entries: list[tuple[str, Path | str]] = [
        (SERVED_MODEL, files[SERVED_MODEL]),
        (LABELS, json.dumps(labels, ensure_ascii=False, indent=2)),
        (EXAMPLE, Path(__file__).with_name("bundle_example.py")),
    ]
    if LANDMARKS in files:
        entries += [(LANDMARKS, files[LANDMARKS]), (FACE_MESH, Path(face_mesh.__file__))]
    return _zipped(entries)


def _zipped(entries: Iterable[tuple[str, Path | str]]) -> Iterator[bytes]:
    """Yield a ZIP of files and texts by name, of which no more is in memory than a part of a file."""
    parts = _Parts()
    with zipfile.ZipFile(parts, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in entries:
            with bundle.open(name, "w") as written, _opened(content) as file:
                while part := file.read(_PART_BYTES):
                    written.write(part)
                    yield parts.taken()
    yield parts.taken()


def _opened(content: Path | str) -> BinaryIO:
    return content.open("rb") if isinstance(content, Path) else io.BytesIO(content.encode())


class _Parts(io.RawIOBase):
    """A file that cannot be sought in, of what was written and not yet taken."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Buffer, /) -> int:
        """Keep some bytes, and return their number."""
        self._written.append(bytes(data))
        return len(self._written[-1])

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        taken, self._written = b"".join(self._written), []
        return taken
