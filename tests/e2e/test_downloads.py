"""What one takes away of a model version works without Familiar."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.services.inference.http.downloads import bundle_of
from familiar.services.inference.model.predict import predict_crop
from familiar.services.inference.model.predictor import load_predictor
from familiar.shared.stores.models import LANDMARKS, SERVED_MODEL, ModelStore
from familiar.shared.vision.detector import HaarDetector
from familiar.shared.vision.images import MODEL_INPUT_SIZE, cut_face, encode_jpeg

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

ALIGNING = {"face_mesh.py", LANDMARKS}


@pytest.mark.parametrize("slug", ["karan", "arjun", "mia"])
def test_the_bundle_names_a_face_as_inference_does(taught: "Running", tmp_path: Path, slug: str) -> None:
    """The same person with the same confidence, by a program of its own in an empty folder."""
    version = taught.http.get("/readyz").json()["model_version"]
    answer = taught.http.get(f"/v1/models/{version}/bundle")
    assert answer.headers["content-disposition"] == f'attachment; filename="familiar-{version}.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        aligned = LANDMARKS in taught.models.manifest(version).files
        assert set(bundle.namelist()) == {"example.py", "labels.json", SERVED_MODEL} | (ALIGNING if aligned else set())
        bundle.extractall(tmp_path)
    picture = draw(person(slug), seconds=340.0)
    (box,) = HaarDetector().detect(picture)
    crop = encode_jpeg(cut_face(picture, box))
    (tmp_path / "face.jpg").write_bytes(crop)
    by_example, confidence = run_example(tmp_path)
    headers = {"Content-Type": "image/jpeg"}
    (face,) = taught.http.post("/v1/predictions?crop=true", content=crop, headers=headers).json()["faces"]
    assert confidence == pytest.approx(face["confidence"], abs=2e-4)
    names = {known["slug"]: known["name"] for known in taught.http.get("/v1/people").json()}
    assert by_example == names.get(face["person"], "unknown")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("slug", ["karan", "arjun", "mia"])
def test_the_bundle_of_a_version_with_landmarks_aligns_as_inference_does(
    home: Path, landmarks: bytes, tmp_path: Path, slug: str
) -> None:
    """It answers otherwise without them."""
    from tests.colour_model import publish_colours  # noqa: PLC0415 - TensorFlow takes seconds

    store = ModelStore(home)
    version = publish_colours(store, MODEL_INPUT_SIZE, landmarks)
    with zipfile.ZipFile(io.BytesIO(b"".join(bundle_of(store, version)))) as bundle:
        assert set(bundle.namelist()) > ALIGNING
        bundle.extractall(tmp_path)
    picture = draw(person(slug), seconds=340.0)
    (box,) = HaarDetector().detect(picture)
    crop = encode_jpeg(cut_face(picture, box))
    (tmp_path / "face.jpg").write_bytes(crop)
    (face,) = predict_crop(crop, load_predictor(store, version)).faces
    by_example, confidence = run_example(tmp_path)
    assert by_example == "Rob"
    assert confidence == pytest.approx(face.confidence, abs=2e-4)
    (tmp_path / LANDMARKS).unlink()
    assert abs(run_example(tmp_path)[1] - face.confidence) > 0.02


def run_example(folder: Path) -> tuple[str, float]:
    """Run the bundle's program on a face beside it: who it is, and how sure it is."""
    run = subprocess.run(
        [sys.executable, "example.py", "face.jpg"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    name, confidence = run.stdout.split()
    return name, float(confidence)


def test_the_keras_model_is_a_model_of_keras(taught: "Running", tmp_path: Path) -> None:
    """Byte for byte the version's file."""
    version = taught.http.get("/readyz").json()["model_version"]
    answer = taught.http.get(f"/v1/models/{version}/keras")
    stored = taught.stack.settings.home / "models" / str(version) / "model.keras"
    assert answer.content == stored.read_bytes()
    path = tmp_path / "model.keras"
    path.write_bytes(answer.content)
    with zipfile.ZipFile(path) as model:
        assert "config.json" in model.namelist()


def test_the_report_is_a_page_that_may_load_nothing(taught: "Running") -> None:
    """It is the one that lies with the version."""
    version = taught.http.get("/readyz").json()["model_version"]
    answer = taught.http.get(f"/v1/models/{version}/report")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.text == (taught.stack.settings.home / "models" / str(version) / "report.html").read_text()


@pytest.mark.parametrize("what", ["report", "keras", "bundle"])
def test_of_a_version_that_is_not_there_nothing_is_given(taught: "Running", what: str) -> None:
    """The sentence names it."""
    answer = taught.http.get(f"/v1/models/9999/{what}")
    assert answer.status_code == 404
    assert "9999" in answer.json()["detail"]
