"""How the page is given away: with a policy that lets nothing in from elsewhere."""

import re

import pytest

from familiar.services.inference.http.page import STUDIO, policy_for
from tests.app_client import Site


def test_the_page_may_load_its_own_files_and_talk_to_familiar(site: Site) -> None:
    """No script or style in the page itself, nothing from elsewhere, no frame around it."""
    answer = site.ask("GET", "/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == policy_for("127.0.0.1", 8001)
    assert "ws://127.0.0.1:8001" in policy_for("127.0.0.1", 8001)
    assert "ws://[::1]:8001" in policy_for("::1", 8001)
    assert "unsafe" not in policy_for("127.0.0.1", 8001)
    assert "http" not in answer.text.replace("http-equiv", "")


def test_every_file_of_the_page_is_given_away_with_its_type(site: Site) -> None:
    """A browser runs no module that is called something else."""
    types = {".js": "javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
    files = sorted(STUDIO.iterdir())
    assert files
    for file in files:
        answer = site.ask("GET", f"/studio/{file.name}")
        assert answer.status_code == 200
        assert types[file.suffix] in answer.headers["content-type"], file.name
        assert answer.headers["cache-control"] == "no-cache"


def test_the_description_of_http_asks_nobody_else(site: Site) -> None:
    """Its scripts and styles are Familiar's own to give."""
    page = site.ask("GET", "/docs")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded
    for path in loaded:
        assert path.startswith("/"), path
        assert site.ask("GET", path).status_code == 200


@pytest.mark.parametrize("path", ["nothing.js", "../app.py", "..%2fapp.py", "%2e%2e/app.py"])
def test_there_are_no_other_files(site: Site, path: str) -> None:
    """No path leads out of the folder."""
    assert site.ask("GET", f"/studio/{path}").status_code == 404


def test_modules_load_one_another_alone() -> None:
    """Every import names a file that is there, and no address of another host stands anywhere."""
    for module in STUDIO.glob("*.js"):
        text = module.read_text()
        for name in re.findall(r'from "([^"]+)"', text):
            assert (STUDIO / name).is_file(), f"{module.name}: {name}"
        addresses = set(re.findall(r"https?://[^\s\"'`)]+", text)) - {"http://www.w3.org/2000/svg", "http://127.0.0.1"}
        assert not addresses, module.name
