"""The page of settings is what the settings say of themselves."""

import re

from tests.builders import ROOT
from tests.settings_table import PAGE, settings_page


def test_the_page_has_every_setting_and_no_other() -> None:
    """A setting that is added, renamed or described anew changes the page in the same commit: `make docs`."""
    assert PAGE.read_text() == settings_page()


def test_the_containers_are_told_settings_that_exist() -> None:
    """What Compose passes on is read by somebody."""
    known = set(re.findall(r"`(FAMILIAR_\w+)`", settings_page()))
    composed = (ROOT / "docker-compose.yml").read_text()
    passed_on = set(re.findall(r"^ +(FAMILIAR_\w+):", composed, re.MULTILINE))

    assert passed_on
    assert passed_on <= known
