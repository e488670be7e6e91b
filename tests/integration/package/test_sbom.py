"""Bills of materials: they list what is locked, with its hashes."""

import json
import re
import subprocess
import sys

import pytest

from tests.builders import ROOT

GROUPS = ("capture", "extractor", "trainer", "inference", "cli")


@pytest.mark.parametrize("group", GROUPS)
def test_a_bill_lists_every_locked_package_with_its_version(group: str) -> None:
    """No more, and no fewer."""
    locked = ROOT / "requirements" / f"{group}.txt"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", str(locked), "--output-format", "JSON"]
    bill = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    wanted = set(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;]+)", locked.read_text(), re.MULTILINE))
    assert bill["bomFormat"] == "CycloneDX"
    assert {(part["name"], part["version"]) for part in bill["components"]} == wanted
    assert all(part["externalReferences"][0]["hashes"] for part in bill["components"])
