"""What is installed: one name, and the files that are no Python."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.builders import ROOT


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Build a wheel from a copy of the tree, and list its files."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for folder in ("src", "cli", "services", "shared"):
        shutil.copytree(ROOT / folder, tree / folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, tree)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out)]
    subprocess.run([*command, str(tree)], check=True, capture_output=True, text=True)
    (wheel,) = out.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_nothing_is_installed_under_another_name(names: list[str]) -> None:
    """Names such as `shared` would collide with everybody's."""
    assert {Path(name).parts[0].split("-")[0] for name in names} == {"familiar"}


def test_every_module_and_every_file_of_the_pages_comes_along(names: list[str]) -> None:
    """The studio's files, and the report's template and styles, too."""
    wanted = {
        f"familiar/{path.relative_to(ROOT)}"
        for folder in ("cli", "services", "shared")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= set(names)
