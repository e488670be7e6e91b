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


def test_samples_that_look_like_somebody_else_are_files(tmp_path: Path) -> None:
    """The very ones that the page holds."""
    findings = write_report(with_odd_samples(report_facts(all_right("Karan", "Zoë"))), tmp_path)
    karan = next(person for person in findings.people if person.slug == "karan")
    assert len(karan.odd) == 4
    page = (tmp_path / "report.html").read_text()
    assert all(base64.b64encode((tmp_path / file).read_bytes()).decode() in page for file in karan.odd)


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
