"""The benchmarks from folders to figures, on drawn people and a network of random weights."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import pytest

from benchmarks.people_folders import people_in, strangers_in
from benchmarks.recognition import __main__ as recognition
from benchmarks.recognition.gallery import part_strangers
from benchmarks.recognition.recipes.face_recognition import is_installed
from benchmarks.recognition.session_folders import sessions_in
from benchmarks.training import __main__ as training
from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.errors import SourceFailed
from familiar.shared.vision.images import encode_jpeg

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
TENSORFLOW_WARNS = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

FACES = 12
FALSE_NAMES = {"false_name_same_camera", "false_name_strangers"}
MEASURES = {"accuracy", "recall", "recall_at_1_percent", "calibration_error"} | FALSE_NAMES
RECIPES = {"familiar", "notebook", "frigate"}
DLIB_RECIPES = {"face_recognition", "face_recognition_best"}


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


def write_sessions(folder: Path) -> None:
    """Give Arjun three sessions, Karan two, and Zoe one; a session begins a minute after the other."""
    for name, sessions in (("arjun", (4, 3, 3)), ("karan", (4, 3)), ("zoe", (3,))):
        for number, pictures in enumerate(sessions, start=1):
            for second in range(pictures):
                moment = 60 * number + second
                path = folder / name / f"s{number}_{second}.jpg"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(encode_jpeg(draw(person(name), moment)))


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
    write_sessions(folder / "sessions")
    (folder / "strangers" / "torn.jpg").write_bytes(b"\xff\xd8 and no more")
    return folder


def last_line(output: str) -> dict[str, object]:
    """Read the line of JSON that a benchmark ends with."""
    line = json.loads(output.splitlines()[-1])
    assert isinstance(line, dict)
    return line


@pytest.mark.slow
@TENSORFLOW_WARNS
def test_training_is_timed_beside_the_notebook_recipe(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both train on the same faces, two of three of each person's."""
    arguments = [
        "--people",
        str(drawn / "people"),
        "--most-people",
        "2",
        "--learned-strangers",
        str(drawn / "strangers"),
    ]

    assert training.main([*arguments, "--weights", "random", "--epochs", "1"]) == 0

    figures = last_line(capsys.readouterr().out)
    assert figures["people"] == 2
    assert figures["train_samples"] == [8, 8]
    assert figures["test_samples"] == [4, 4]
    assert figures["stranger_samples"] == 4
    familiar, notebook = figures["familiar_seconds"], figures["notebook_seconds"]
    assert isinstance(familiar, float)
    assert isinstance(notebook, float)
    assert figures["speedup"] == pytest.approx(notebook / familiar, rel=0.02)
    for accuracy in (figures["familiar_test_accuracy"], figures["notebook_test_accuracy"]):
        assert isinstance(accuracy, float)
        assert 0 <= accuracy <= 1


def check_rates(by_recipe: object, recipes: set[str], measures: set[str], people: set[str]) -> None:
    """Check that each recipe has each measure, per face and per track, and that they are shares."""
    assert isinstance(by_recipe, dict)
    assert by_recipe.keys() == recipes
    for rates in by_recipe.values():
        assert rates.keys() == {"face", "track"}
        for unit in rates.values():
            assert unit.keys() == measures
            assert unit["calibration_error"]["worst_person"] is None
            for measure in measures - {"calibration_error"}:
                assert unit[measure]["worst_person"] in people
                assert 0 <= unit[measure]["worst_person_share"] <= 1
            assert all(0 <= rate[share] <= 1 for rate in unit.values() for share in ("mean", "worst"))


@pytest.mark.slow
@TENSORFLOW_WARNS
def test_recognition_is_measured_beside_other_recipes(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every recipe gets every measure, per face and per track; those that are not installed are told of."""
    strangers = str(drawn / "strangers")
    folders = ["--people", str(drawn / "people"), str(drawn / "more"), "--strangers", strangers]

    arguments = [
        "--learned-strangers",
        strangers,
        "--weights",
        "random",
        "--epochs",
        "1",
        "--seeds",
        "1",
        "--folds",
        "1",
    ]
    assert recognition.main([*folders, *arguments, "--samples", "5"]) == 0

    output = capsys.readouterr()
    figures = last_line(output.out)
    assert "ben is left out: 1 faces" in output.err
    assert "torn.jpg is passed over" in output.err
    assert figures["people"] == {"halves": 3}
    assert figures["left_out"] == ["ben"]
    assert figures["strangers"] == figures["learned_strangers"] == 2
    assert ("face_recognition is left out" in output.err) is not is_installed()
    recipes = RECIPES | DLIB_RECIPES if is_installed() else RECIPES
    check_rates(figures["halves"], recipes, MEASURES | {"accuracy_all"}, {"arjun", "karan", "zoe"})


@pytest.mark.slow
@TENSORFLOW_WARNS
def test_recognition_is_measured_in_a_later_session(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Arjun and Karan are asked for in their last session; Zoe, who has one, is a stranger."""
    strangers = str(drawn / "strangers")
    folders = ["--sessions", str(drawn / "sessions"), "--strangers", strangers, "--learned-strangers", strangers]

    arguments = ["--weights", "random", "--epochs", "1", "--seeds", "1", "--only", "familiar", "--samples", "3"]
    assert recognition.main([*folders, *arguments]) == 0

    output = capsys.readouterr()
    figures = last_line(output.out)
    assert "arjun: 7 faces of 2 sessions to enrol, 3 to test" in output.err
    assert "karan: 4 faces of 1 sessions to enrol, 3 to test" in output.err
    assert "zoe is a stranger before the same camera: 3 faces" in output.err
    assert figures["people"] == {"earlier_sessions": 2, "first_session": 2}
    for experiment in ("earlier_sessions", "first_session"):
        check_rates(figures[experiment], {"familiar"}, MEASURES, {"arjun", "karan", "zoe"})


def test_a_session_is_a_clip_or_a_folder_or_pictures_of_the_same_name(tmp_path: Path) -> None:
    """They are in their natural order; a picture without an underscore is one of its own."""
    (tmp_path / "arjun" / "s10").mkdir(parents=True)
    for file in ("s9.mp4", "s10/a.png", "s10/b.mp4", "s2_1.jpg", "s2_0.jpg", "plain.jpg", "notes.csv"):
        (tmp_path / "arjun" / file).touch()
    (tmp_path / "files.csv").touch()

    (arjun,) = sessions_in(tmp_path, {})

    assert [own.name for own in arjun.sessions] == ["plain", "s2", "s9", "s10"]
    assert [[path.name for path in own.clips] for own in arjun.sessions] == [[], [], ["s9.mp4"], ["b.mp4"]]
    assert [[path.name for path in own.pictures] for own in arjun.sessions] == [
        ["plain.jpg"],
        ["s2_0.jpg", "s2_1.jpg"],
        [],
        ["a.png"],
    ]


def test_sessions_that_belong_together_are_one(tmp_path: Path) -> None:
    """Their pictures follow each other by name."""
    (tmp_path / "arjun").mkdir()
    for file in ("rig_1.jpg", "rigsmile_1.jpg", "studio_1.jpg"):
        (tmp_path / "arjun" / file).touch()

    (arjun,) = sessions_in(tmp_path, {"rigsmile": "rig"})

    assert [own.name for own in arjun.sessions] == ["rig", "studio"]
    assert [path.name for path in arjun.sessions[0].pictures] == ["rig_1.jpg", "rigsmile_1.jpg"]


def test_too_few_people_are_said_in_a_sentence(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Zoe and Ben are not three; there are no figures."""
    strangers = str(drawn / "strangers")

    arguments = ["--people", str(drawn / "more"), "--strangers", strangers, "--learned-strangers", strangers]
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


def test_strangers_to_test_with_and_to_learn_share_nobody(drawn: Path) -> None:
    """Every other picture is for each, by name."""
    strangers, learned = part_strangers(drawn / "strangers", drawn / "people" / ".." / "strangers")

    assert [files.name for files in learned] == ["mia-0000", "olga-0000", "torn"]
    assert [files.name for files in strangers] == ["noah-0000", "paul-0000"]


def test_strangers_of_a_folder_of_people_are_those_people(drawn: Path) -> None:
    """A folder's pictures are of one stranger, and so is a clip."""
    assert [files.name for files in strangers_in(drawn / "people")] == ["arjun", "karan", "zoe"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """The sentence says which."""
    with pytest.raises(SourceFailed, match="nobody-here"):
        people_in([tmp_path / "nobody-here"])
    with pytest.raises(SourceFailed, match="nobody-here"):
        sessions_in(tmp_path / "nobody-here", {})
    with pytest.raises(SourceFailed, match="There is nobody"):
        people_in([tmp_path])
    with pytest.raises(SourceFailed, match="There is nobody"):
        sessions_in(tmp_path, {})
