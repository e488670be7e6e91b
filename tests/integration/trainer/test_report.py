"""A version's report on the disk: one page, and pictures that show something."""

import base64
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from familiar.cli.main import app
from familiar.services.trainer.report.augmentation import GAP, SIDE, VIEWS
from familiar.services.trainer.report.write import write_report
from familiar.shared.stores.models import ModelStore
from familiar.shared.vision.images import Image, decode_image
from tests.builders import manifest_of, publish_version
from tests.report_builder import Answers, report_facts, with_odd_samples

PICTURES = ("learning-curves", "confusion", "scores", "samples")
SIZES = {"learning-curves": (960, 800), "scores": (960, 800), "reliability": (960, 800)}
LONG = "Maximiliane von Hohenlohe-Langenburg zu Waldenburg-Schillingsfür"
# Scripts that the font of the pictures lacks or cannot set, and what would begin a formula.
ODD_NAMES = ("<b>Bo", "张伟", "محمد علي", "$5 & $6", "😀 Zoë", LONG, "Nguyễn Thị Minh Khai", "शाहरुख़ ख़ान")


def all_right(*names: str) -> Mapping[str, Answers]:
    """Give answers that are all right."""
    return {name: {name: 30} for name in names}


CASES: dict[str, tuple[Mapping[str, Answers], Answers]] = {
    "two people": ({"Karan": {"Karan": 90, "Zoë": 8, None: 2}, "Zoë": {"Zoë": 100}}, {"Karan": 2, None: 48}),
    "one person": (all_right("Karan"), {None: 30}),
    "forty people": (all_right(*(f"{LONG[:58]} {number}" for number in range(40))), {None: 30}),
    "nobody tested": ({"Karan": {}, "Zoë": {}}, {}),
    "odd names": ({name: {name: 5, ODD_NAMES[0]: 5} for name in ODD_NAMES}, {ODD_NAMES[2]: 5}),
}


def read_png(path: Path) -> Image:
    """Read a PNG file."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    return decode_image(data)


@pytest.mark.parametrize("case", CASES)
def test_pictures_show_something(case: str, tmp_path: Path) -> None:
    """Each is a PNG and not of one colour, without a warning about a letter that the font lacks."""
    facts = report_facts(*CASES[case])
    findings = write_report(facts, tmp_path)
    pictures = (*PICTURES, "reliability") if len(facts.test_labels) else PICTURES
    assert {path.name for path in tmp_path.iterdir()} == {
        "report.html",
        findings.augmentation,
        *(f"{name}.png" for name in pictures),
        *(mistake.file for mistake in findings.mistakes),
    }
    for name in pictures:
        image = read_png(tmp_path / f"{name}.png")
        assert len(np.unique(image @ (1, 256, 65536))) > 10, name
        if name in SIZES:
            assert (image.shape[1], image.shape[0]) == SIZES[name]


def test_a_mistakes_face_is_in_its_picture(tmp_path: Path) -> None:
    """A stranger in plain green, who got a name, is the first mistake; the page holds the very file."""
    facts = report_facts(all_right("Karan"), strangers={"Karan": 1})
    facts.stranger_images[:] = (0, 200, 0)
    (mistake,) = write_report(facts, tmp_path).mistakes
    assert mistake.words == "This is a stranger, who was taken for Karan at 0.90."
    face = (tmp_path / mistake.file).read_bytes()
    assert base64.b64encode(face).decode() in (tmp_path / "report.html").read_text()
    image = decode_image(face)
    assert np.abs(image.astype(int) - (0, 200, 0)).max() < 10


def test_findings_say_who_needs_work_and_what_to_do(tmp_path: Path) -> None:
    """Who is missed often comes first, with steps; who is reliable and has enough samples has none."""
    answers = {"Karan": {"Karan": 100}, "Zoë": {"Zoë": 60, "Karan": 40}}
    findings = write_report(report_facts(answers, {None: 50}), tmp_path)
    zoe, karan = findings.people
    assert (zoe.slug, zoe.standing) == ("zoe", "often missed")
    assert zoe.steps
    assert (zoe.tested, zoe.right, zoe.wrong, zoe.unknown, zoe.taken_for) == (100, 60, 40, 0, {"karan": 40})
    assert zoe.answers == "60 of 100 pictures got the right name; taken for Karan 40 times."
    assert zoe.learned == "Learned from 200 pictures of 2 sessions on 2 days."
    assert zoe.command == "familiar enrol zoe --camera CAMERA"
    assert zoe.collect == "100 more to learn from, unlike those there are"
    assert (karan.slug, karan.standing, karan.steps, karan.collect) == ("karan", "reliable", (), None)
    assert findings.verdict.startswith("Familiar recognises 1 of 2 people reliably")
    assert findings.strangers_steps == ()
    assert findings.strangers == "0 of 50 strangers whom it had never seen got somebody's name."
    assert findings.strangers_learned == "Faces of strangers that were learned from: 400 fetched."


def test_findings_name_samples_that_look_like_somebody_else(tmp_path: Path) -> None:
    """First among a person's steps, with pictures of them, and in the verdict."""
    facts = report_facts({"Karan": {"Karan": 100}, "Zoë": {"Zoë": 60, "Karan": 40}}, {None: 50})
    findings = write_report(with_odd_samples(facts), tmp_path)
    zoe, karan = findings.people
    assert not any("look like" in step for step in zoe.steps)
    (step,) = karan.steps
    assert [(tmp_path / file).exists() for file in karan.odd] == [True] * 4
    assert step == (
        "4 of 12 samples of Karan look like somebody else than the other 8. Look through all of them on the page, "
        "under People, and delete those that do not show Karan; then train again."
    )
    assert findings.verdict.endswith(" Among the samples of Karan some look like somebody else.")


def test_augmentation_is_shown_beside_each_face(tmp_path: Path) -> None:
    """A grey face stays grey where it stands as taken, and is relit in the views beside it."""
    facts = report_facts(all_right("Karan"))
    facts.shown_samples[:] = 128
    findings = write_report(facts, tmp_path)
    sheet = decode_image((tmp_path / findings.augmentation).read_bytes())
    rows = len(facts.shown_samples)
    assert sheet.shape == (rows * (SIDE + GAP) - GAP, (1 + VIEWS) * (SIDE + GAP) - GAP, 3)
    views = [sheet[SIDE // 2, column * (SIDE + GAP) + SIDE // 2].astype(int) for column in range(1 + VIEWS)]
    assert np.abs(views[0] - 128).max() <= 2
    assert all(np.abs(view - 128).max() > 2 for view in views[1:])


def test_a_report_is_of_its_version_and_goes_with_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`familiar models` tells where it is; forgetting somebody whom the version knows leaves nothing of it."""
    monkeypatch.setenv("FAMILIAR_HOME", str(home))
    store = ModelStore(home)
    without = publish_version(store, "zoe")
    assert store.report(without) is None
    with store.staging_folder() as staging:
        write_report(report_facts(all_right("Karan", "Arjun")), staging)
        version = store.publish(staging, lambda version, files: manifest_of(version, files, ("karan", "arjun"))).version
    report = store.report(version)
    assert report is not None
    assert str(report) in CliRunner().invoke(app, ["models"]).stdout
    store.remove_versions_knowing("karan")
    assert list(report.parent.iterdir()) == []
    assert store.report(version) is None
