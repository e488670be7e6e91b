"""The page for whoever sees badly, uses no mouse, has a telephone, or gives no camera away."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Playwright

from familiar import __version__
from tests.browser import TELEPHONE, Webcam, launch_chromium
from tests.studio_page import Studio

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

GRAVE = {"serious", "critical"}
# Success criterion 2.5.8 of WCAG 2.2, in CSS pixels.
SMALLEST_TARGET = 24
CONTROLS = "button:visible, select:visible, input:visible:not([type=file]), summary:visible"


def opened(context: BrowserContext, stack: "Running", pictures: Path) -> Studio:
    """Open the page, and look at one of the server's cameras until somebody is named."""
    studio = Studio(context.new_page(), stack.stack.link, pictures)
    studio.choose_camera("karan")
    studio.wait_for_name("Karan")
    return studio


def fold_everything_out(studio: Studio) -> None:
    """Open every part of the page that is folded, and wait for what it then fetches."""
    folded = studio.page.locator("details:not([open]) > summary")
    # The report of the last training may come meanwhile, with parts of its own.
    while folded.count():
        folded.first.click()
    for version in studio.page.locator("#models-list li[data-version]").all():
        # A version that is broken may have no layers to show, and says so.
        studio.expect(version.locator(".layers table, details .trouble")).to_be_visible()
    studio.expect(studio.page.locator(".layers table").first).to_be_visible()


def grave_faults(studio: Studio) -> list[str]:
    """Ask axe-core what is wrong, and give what is serious or critical, in words."""
    violations = Axe().run(studio.page).response["violations"]
    return [
        f"{fault['impact']}: {fault['help']}: {[node['html'] for node in fault['nodes']]}"
        for fault in violations
        if fault["impact"] in GRAVE
    ]


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_no_serious_fault(
    taught: "Running", browser: Browser, tmp_path: Path, colours: Literal["light", "dark"]
) -> None:
    """Neither on the page, with everything folded out, nor in its dialogs."""
    context = browser.new_context(color_scheme=colours)
    studio = opened(context, taught, tmp_path)
    page = studio.page
    fold_everything_out(studio)
    assert grave_faults(studio) == []
    for button in ("All samples", "Rename", "Forget"):
        studio.card("Karan").get_by_role("button", name=button).click()
        studio.expect(page.get_by_role("dialog")).to_be_visible()
        assert grave_faults(studio) == []
        page.keyboard.press("Escape")
        studio.expect(page.get_by_role("dialog")).to_have_count(0)
    context.close()


def test_axe_would_find_a_fault(taught: "Running", browser: Browser, tmp_path: Path) -> None:
    """A picture without words, put into the page, is found."""
    context = browser.new_context()
    studio = opened(context, taught, tmp_path)
    studio.page.evaluate("document.querySelector('#people').append(new Image(10, 10))")
    (fault,) = grave_faults(studio)
    assert "alternative text" in fault
    context.close()


def test_a_telephone_shows_all_of_it(taught: "Running", browser: Browser, tmp_path: Path) -> None:
    """Nothing is wider than the screen, whatever can be pressed is large enough, and somebody is named."""
    context = browser.new_context(viewport=TELEPHONE, has_touch=True, is_mobile=True)
    studio = opened(context, taught, tmp_path)
    page = studio.page
    fold_everything_out(studio)
    studio.screenshot("telephone")
    assert page.evaluate("document.documentElement.scrollWidth") == TELEPHONE["width"]
    for control in page.locator(CONTROLS).all():
        sides = control.bounding_box()
        assert sides is not None
        assert sides["height"] >= SMALLEST_TARGET, control.inner_text()
        assert 0 <= sides["x"] <= sides["x"] + sides["width"] <= TELEPHONE["width"], control.inner_text()
    context.close()


def test_without_a_mouse_a_wrong_name_is_corrected(taught: "Running", browser: Browser, tmp_path: Path) -> None:
    """Everything that can be pressed is reached with Tab; a dialog takes the focus, and gives it back."""
    context = browser.new_context()
    studio = opened(context, taught, tmp_path)
    page = studio.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip the camera"
    button = page.get_by_role("button", name="Not Karan")
    for _ in range(20):
        page.keyboard.press("Tab")
        if button.first.evaluate("(element) => element === document.activeElement"):
            break
    else:
        pytest.fail("Tab does not lead to the button")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Who is this?")
    studio.expect(dialog).to_be_visible()
    assert dialog.evaluate("(element) => element.contains(document.activeElement)")
    page.keyboard.press("Escape")
    studio.expect(dialog).to_have_count(0)
    context.close()


def test_the_page_says_which_version_of_familiar_it_is(taught: "Running", browser: Browser, tmp_path: Path) -> None:
    """At its end."""
    context = browser.new_context()
    studio = opened(context, taught, tmp_path)
    studio.expect(studio.page.get_by_role("contentinfo")).to_contain_text(f"Version {__version__}.")
    context.close()


def test_before_an_empty_room_the_page_says_so(taught: "Running", playwright: Playwright, tmp_path: Path) -> None:
    """It looks, and finds no face."""
    webcam = Webcam(tmp_path / "webcam.mjpeg")
    webcam.show([np.full((480, 640, 3), 128, np.uint8)] * 2)
    browser = launch_chromium(playwright, *webcam.arguments)
    studio = Studio(browser.new_context(permissions=["camera"]).new_page(), taught.stack.link, tmp_path)
    studio.turn_camera_on()
    studio.expect(studio.page.get_by_text("Nobody is in view.")).to_be_visible()
    browser.close()


def test_who_gives_no_camera_away_is_told_how_to(taught: "Running", browser: Browser, tmp_path: Path) -> None:
    """Enrolling asks for the camera, too; the name stays."""
    context = browser.new_context(permissions=[])
    studio = Studio(context.new_page(), taught.stack.link, tmp_path)
    page = studio.page
    page.get_by_role("button", name="Turn the camera on").click()
    studio.expect(page.locator(".picture .state")).to_contain_text("does not let this page use the camera")
    page.get_by_label("Name of the person").fill("Zoë K.")
    page.get_by_role("button", name="Start", exact=True).click()
    studio.expect(page.locator("#add-person [role=alert]")).to_contain_text("does not let this page use the camera")
    studio.expect(page.get_by_label("Name of the person")).to_have_value("Zoë K.")
    context.close()
