"""The benchmarks from folders to figures, on drawn people and a network of random weights."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import pytest

from benchmarks import recognition, training
from benchmarks.gallery import part_strangers
from benchmarks.people_folders import people_in, strangers_in
from services.capture.person_drawing import draw
from services.capture.person_looks import person
from shared.errors import SourceFailed
from shared.images import encode_jpeg

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
TENSORFLOW_WARNS = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

FACES = 12
MEASURES = {"accuracy", "accuracy_all", "recall", "false_name_same_camera", "false_name_strangers"}


def write_clip(path: Path, name: str) -> None:
    """Film somebody drawn, one frame a second."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 1, (640, 480))
    for second in range(FACES):
        writer.write(draw(person(name), second))
    writer.release()


def write_pictures(folder: Path, name: str, seconds: Sequence[float]) -> None:
    """Take pictures of somebody drawn."""
    folder.mkdir(parents=True, exist_ok=True)
    for second in seconds:
        (folder / f"{name}-{second:04}.jpg").write_bytes(encode_jpeg(draw(person(name), second)))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give folders of people: clips of two, pictures of a third in two places, one picture of a fourth; strangers."""
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "people" / "arjun").mkdir(parents=True)
    write_clip(folder / "people" / "arjun" / "monday.avi", "arjun")
    write_clip(folder / "people" / "karan.avi", "karan")
    write_pictures(folder / "people" / "zoe", "zoe", range(6))
    write_pictures(folder / "more" / "zoe", "zoe", range(6, FACES))
    write_pictures(folder / "more" / "ben", "ben", [0])
    for stranger in ("mia", "noah", "olga", "paul"):
        write_pictures(folder / "strangers", stranger, [0])
    (folder / "strangers" / "torn.jpg").write_bytes(b"\xff\xd8 and no more")
    return folder


def last_line(output: str) -> dict[str, object]:
    """Read the line of JSON that a benchmark ends with."""
    line = json.loads(output.splitlines()[-1])
    assert isinstance(line, dict)
    return line


@TENSORFLOW_WARNS
def test_training_is_timed_beside_the_notebook_recipe(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both train on the same faces, two of three of each person's."""
    arguments = ["--people", str(drawn / "people"), "--most-people", "2", "--background", str(drawn / "strangers")]

    assert training.main([*arguments, "--weights", "random", "--epochs", "1"]) == 0

    figures = last_line(capsys.readouterr().out)
    assert figures["people"] == 2
    assert figures["train_samples"] == [8, 8]
    assert figures["test_samples"] == [4, 4]
    assert figures["background_samples"] == 4
    familiar, notebook = figures["familiar_seconds"], figures["notebook_seconds"]
    assert isinstance(familiar, float)
    assert isinstance(notebook, float)
    assert figures["speedup"] == pytest.approx(notebook / familiar, rel=0.02)
    for accuracy in (figures["familiar_test_accuracy"], figures["notebook_test_accuracy"]):
        assert isinstance(accuracy, float)
        assert 0 <= accuracy <= 1


@TENSORFLOW_WARNS
def test_recognition_is_measured_beside_other_recipes(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every recipe gets every measure, per face and per track."""
    strangers = str(drawn / "strangers")
    folders = ["--people", str(drawn / "people"), str(drawn / "more"), "--strangers", strangers]

    arguments = ["--background", strangers, "--weights", "random", "--epochs", "1", "--seeds", "1", "--folds", "1"]
    assert recognition.main([*folders, *arguments]) == 0

    output = capsys.readouterr()
    figures = last_line(output.out)
    assert "ben is left out: 1 faces" in output.err
    assert "torn.jpg is passed over" in output.err
    assert figures["people"] == 3
    assert figures["left_out"] == ["ben"]
    assert figures["strangers"] == figures["background"] == 2
    for recipe in ("familiar", "notebook", "frigate"):
        rates = figures[recipe]
        assert isinstance(rates, dict)
        assert rates.keys() == {"face", "track"}
        for unit in rates.values():
            assert unit.keys() == MEASURES
            for rate in unit.values():
                assert rate["worst_person"] in {"arjun", "karan", "zoe"}
                assert all(0 <= rate[share] <= 1 for share in ("mean", "worst", "worst_person_share"))


def test_too_few_people_are_said_in_a_sentence(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Zoe and Ben are not three; there are no figures."""
    strangers = str(drawn / "strangers")

    arguments = ["--people", str(drawn / "more"), "--strangers", strangers, "--background", strangers]
    assert recognition.main([*arguments, "--only", "frigate"]) == 1

    output = capsys.readouterr()
    assert "Add further people" in output.err
    assert not output.out


def test_the_same_name_in_several_folders_is_the_same_person(drawn: Path) -> None:
    """Their pictures follow each other in the order of the folders."""
    people = {files.name: files for files in people_in([drawn / "more", drawn / "people"])}

    assert sorted(people) == ["arjun", "ben", "karan", "zoe"]
    assert len(people["zoe"].pictures) == FACES
    assert people["zoe"].pictures[0].parent == drawn / "more" / "zoe"
    assert [clip.name for clip in people["arjun"].clips] == ["monday.avi"]


def test_strangers_and_background_of_one_folder_share_nobody(drawn: Path) -> None:
    """Every other picture is for each, by name."""
    strangers, background = part_strangers(drawn / "strangers", drawn / "people" / ".." / "strangers")

    assert [files.name for files in background] == ["mia-0000", "olga-0000", "torn"]
    assert [files.name for files in strangers] == ["noah-0000", "paul-0000"]


def test_strangers_of_a_folder_of_people_are_those_people(drawn: Path) -> None:
    """A folder's pictures are of one stranger, and so is a clip."""
    assert [files.name for files in strangers_in(drawn / "people")] == ["arjun", "karan", "zoe"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """The sentence says which."""
    with pytest.raises(SourceFailed, match="nobody-here"):
        people_in([tmp_path / "nobody-here"])
    with pytest.raises(SourceFailed, match="There is nobody"):
        people_in([tmp_path])
