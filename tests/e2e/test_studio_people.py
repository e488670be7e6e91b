"""People on the page: enrolled from photographs, renamed, and looked through sample by sample."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import FilePayload, Locator, sync_playwright

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.contract.errors import TooFewPeople
from familiar.shared.contract.manifest import Gate, Manifest, Metrics
from familiar.shared.contract.messages import Split
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from familiar.shared.vision.images import encode_jpeg
from tests.browser import launch_chromium
from tests.builders import manifest_of
from tests.studio_page import Studio

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

PHOTOS = 9
NOTE = "There were no strangers to calibrate by. `familiar strangers fetch` brings some."


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, start_stack: Callable[..., AbstractContextManager["Running"]]
) -> Iterator["Running"]:
    """Give a stack without people and cameras."""
    with start_stack(tmp_path_factory.mktemp("people")) as running:
        yield running


@pytest.fixture(scope="module")
def studio(stack: "Running", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Give the page."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield Studio(browser.new_page(), stack.stack.link, tmp_path_factory.mktemp("pictures"))
        browser.close()


def photo(number: int) -> FilePayload:
    """Give a photograph of Zoë, a little later each."""
    jpeg = encode_jpeg(draw(person("zoe"), 100 + 2 * number))
    return {"name": f"{number}.jpg", "mimeType": "image/jpeg", "buffer": jpeg}


def file_of(data: bytes, name: str) -> FilePayload:
    """Give some other file."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def upload(studio: Studio, *files: FilePayload) -> None:
    """Choose files behind "Upload photos"."""
    studio.page.locator("#photos").set_input_files(list(files))


def said(studio: Studio) -> Locator:
    """Find what is said about an upload."""
    return studio.page.locator("#add-person [role=status]")


def test_photographs_enrol_somebody(stack: "Running", studio: Studio) -> None:
    """Two of three are learned from; without a face, or unreadable, is said and passed over; no camera is left."""
    studio.page.get_by_label("Name of the person").fill("Zoë K.")
    wall = encode_jpeg(np.full((480, 640, 3), 128, np.uint8))
    files = (*map(photo, range(PHOTOS)), file_of(wall, "wall.jpg"), file_of(b"no picture", "notes.jpg"))
    upload(studio, *files)
    studio.expect(said(studio)).to_have_text(
        "Zoë K.: 7 new train samples and 2 new test samples. Not taken: 1 without a face, 1 unreadable."
    )
    studio.expect(studio.card("Zoë K.")).to_contain_text("7 train, 2 test samples")
    studio.expect(studio.card("Zoë K.")).to_contain_text("1 session, 1 day: come back another day, in other light.")
    assert len(stack.samples.samples("zoe-k", Split.TRAIN)) == 7
    studio.expect(studio.page.get_by_label("Name of the person")).to_have_value("")


def test_the_same_photographs_add_nothing(stack: "Running", studio: Studio) -> None:
    """And more ones add what they show, however the name is written: by letters and accents, or as in folders."""
    studio.page.get_by_label("Name of the person").fill("zoe\u0308 k.")
    upload(studio, *map(photo, range(3)))
    studio.expect(said(studio)).to_contain_text("3 showed nothing new")
    assert stack.samples.person("zoe-k").train_samples == 7
    studio.page.get_by_label("Name of the person").fill("zoe-k")
    upload(studio, photo(PHOTOS + 1))
    studio.expect(said(studio)).to_have_text("Zoë K.: 1 new train sample and 0 new test samples.")
    assert stack.samples.person("zoe-k").train_samples == 8
    studio.expect(studio.card("Zoë K.")).to_contain_text("2 sessions, 1 day")


def test_who_was_seen_on_two_days_is_not_asked_to_come_back(stack: "Running", studio: Studio) -> None:
    """The card counts the days, and asks for nothing more."""
    (first, *_) = stack.samples.samples("zoe-k", Split.TRAIN)
    assert first.origin is not None
    yesterday = first.origin.captured_at - timedelta(days=1)
    origin = first.origin.model_copy(update={"enrolment_id": "yesterday", "captured_at": yesterday})
    stack.samples.add("zoe-k", Split.TRAIN, encode_jpeg(draw(person("zoe"), 200)), origin, None)
    studio.expect(studio.card("Zoë K.")).to_contain_text("3 sessions, 2 days.")


def test_without_a_name_or_a_picture_nothing_is_enrolled(stack: "Running", studio: Studio) -> None:
    """Each time the page says what is missing."""
    trouble = studio.page.locator("#add-person [role=alert]")
    studio.page.get_by_label("Name of the person").fill("")
    upload(studio, photo(0))
    studio.expect(trouble).to_have_text("Write the name of the person first, then choose the photos.")
    studio.page.get_by_label("Name of the person").fill("Nobody")
    upload(studio, file_of(b"no picture", "notes.jpg"))
    studio.expect(trouble).to_contain_text("None of these files is a picture")
    studio.page.get_by_label("Name of the person").fill("a/b")
    upload(studio, photo(0))
    studio.expect(trouble).to_contain_text("a/b")
    assert [person.slug for person in stack.samples.people()] == ["zoe-k"]


def test_a_training_that_fails_says_why(stack: "Running", studio: Studio) -> None:
    """One person alone has nobody to be told from; the button is there again."""
    studio.expect(studio.page.locator(".suggestion")).to_contain_text("Add a second person")
    studio.page.get_by_role("button", name="Train", exact=True).click()
    failed = studio.page.locator("#training [role=alert].trouble")
    studio.expect(failed).to_contain_text("The last training failed. ")
    studio.expect(failed).to_contain_text(TooFewPeople().detail)
    studio.expect(studio.page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    assert stack.models.versions() == ()


def test_a_refused_version_says_why(stack: "Running", studio: Studio) -> None:
    """It lies among the others, and does not answer. What its training had to do without is said in both places."""
    reason = "It gives strangers a name more often than version 1."
    metrics = Metrics(
        test_samples=0, accuracy=None, recall=None, false_names=None, confusion=(), calibration_error=0.0312
    )
    what = {"gate": Gate(accepted=False, reason=reason), "metrics": metrics, "notes": (NOTE,)}
    with stack.models.staging_folder() as staging:
        (staging / "model.tflite").write_bytes(b"a network")

        def describe(version: int, files: dict[str, str]) -> Manifest:
            return manifest_of(version, files, ("zoe-k",)).model_copy(update=what)

        stack.models.publish(staging, describe)
    verdict = studio.page.locator("#verdict")
    studio.expect(verdict.get_by_role("heading", name="Version 1 was refused")).to_be_visible()
    studio.expect(verdict).to_contain_text(reason)
    studio.expect(verdict.locator(".notes")).to_contain_text(NOTE.replace("`", ""))
    studio.expect(studio.version(1)).to_have_attribute("data-state", "rejected")
    studio.expect(studio.version(1)).to_contain_text(reason)
    studio.expect(studio.version(1)).to_contain_text("confidences are 3.1 % off on average")
    studio.version(1).get_by_text("Layers, augmentation, downloads").click()
    studio.expect(studio.version(1).locator(".notes")).to_contain_text(NOTE.replace("`", ""))


def test_photographs_of_strangers_are_learned_from(stack: "Running", studio: Studio) -> None:
    """Each face once; what is no stranger's is deleted again; a training is suggested."""
    strangers = studio.page.locator("#strangers")
    studio.expect(strangers).to_contain_text("There are no faces yet")
    party = encode_jpeg(np.hstack([draw(person(name), 100.0) for name in ("mia", "noah", "ben")]))
    wall = encode_jpeg(np.full((480, 640, 3), 128, np.uint8))
    files = [file_of(data, "party.jpg") for data in (party, party, wall, b"no picture")]
    studio.page.locator("#stranger-photos").set_input_files(files)
    studio.expect(strangers.get_by_role("status")).to_have_text(
        "3 new faces of strangers. Not taken: 3 that were there before, 1 photo without a face, 1 unreadable."
    )
    studio.expect(strangers.locator(".counts")).to_have_text("3 faces from photos.")
    strangers.get_by_role("button", name="Look through them").click()
    dialog = studio.page.get_by_role("dialog", name="Faces of strangers")
    studio.expect(dialog.get_by_role("listitem")).to_have_count(3)
    studio.screenshot("strangers")
    dialog.get_by_role("button", name="Delete face 1").click()
    studio.expect(dialog.get_by_role("listitem")).to_have_count(2)
    dialog.get_by_role("button", name="Close").click()
    studio.expect(strangers.locator(".counts")).to_have_text("2 faces from photos.")
    studio.expect(studio.page.locator(".suggestion")).to_contain_text("2 faces of strangers")
    assert StrangerStore(stack.stack.settings.home).count(StrangerSource.GIVEN) == 2


def test_a_sample_is_deleted(stack: "Running", studio: Studio) -> None:
    """It goes from the dialog, the card and the disk."""
    before = stack.samples.person("zoe-k")
    studio.card("Zoë K.").get_by_role("button", name="All samples").click()
    dialog = studio.page.get_by_role("dialog", name="Samples of Zoë K.")
    pictures = dialog.get_by_role("listitem")
    studio.expect(pictures).to_have_count(before.train_samples + before.test_samples)
    dialog.get_by_role("button", name="Delete train sample 1").click()
    studio.expect(pictures).to_have_count(before.train_samples + before.test_samples - 1)
    dialog.get_by_role("button", name="Close").click()
    studio.expect(studio.card("Zoë K.")).to_contain_text(f"{before.train_samples - 1} train")
    assert stack.samples.person("zoe-k").train_samples == before.train_samples - 1


def test_somebody_is_renamed(stack: "Running", studio: Studio) -> None:
    """A name that cannot be is refused in the dialog, which stays."""
    studio.card("Zoë K.").get_by_role("button", name="Rename").click()
    dialog = studio.page.get_by_role("dialog")
    dialog.get_by_label("New name").fill("a/b")
    dialog.get_by_role("button", name="Rename").click()
    studio.expect(dialog.get_by_role("alert")).to_contain_text("a/b")
    dialog.get_by_label("New name").fill("<b>Zoë</b>".replace("/", ""))
    dialog.get_by_role("button", name="Rename").click()
    studio.expect(studio.card("<b>Zoë<b>")).to_be_visible()
    assert stack.samples.person("zoe-k").name == "<b>Zoë<b>"
