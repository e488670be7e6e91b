"""Which version is served, chosen over HTTP and on the command line, with real networks and a real Redis."""

from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from familiar.services.capture.synthetic.drawing import draw
from familiar.services.capture.synthetic.looks import person
from familiar.shared.stores.models import SERVED_MODEL, ModelStore
from familiar.shared.vision.images import encode_jpeg
from tests.app_client import Site
from tests.colour_model import publish_colours
from tests.command_line import Ran, familiar

# TensorFlow 2.21 does not yet know the keyword that NumPy 2 passes to __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def models(home: Path) -> ModelStore:
    """Give the home a store with two versions."""
    models = ModelStore(home)
    publish_colours(models)
    publish_colours(models)
    return models


@pytest.fixture
def site(open_site: Callable[[redis.Redis], Site], client: redis.Redis) -> Site:
    """Give a site above that home, which follows its store only when it is told to."""
    return open_site(client)


def answering_version(site: Site) -> int:
    """Say which version names a face."""
    picture = encode_jpeg(draw(person("zoe"), 1.0))
    answer = site.ask("POST", "/v1/predictions", content=picture, headers={"content-type": "image/jpeg"})
    return int(answer.json()["model_version"])


def shown(site: Site) -> dict[int, tuple[str, bool]]:
    """Give the state of every version, and whether it is pinned."""
    return {model["version"]: (model["state"], model["pinned"]) for model in site.ask("GET", "/v1/models").json()}


def familiar_models(home: Path, *arguments: str) -> Ran:
    """Run `familiar models` to its end."""
    return familiar("models", *arguments, FAMILIAR_HOME=str(home))


@pytest.mark.usefixtures("models")
def test_an_activated_version_answers_when_the_request_is_over(site: Site) -> None:
    """And the newest one again after unpinning."""
    activated = site.ask("POST", "/v1/models/1/activate")
    assert (activated.status_code, activated.json()["state"], activated.json()["pinned"]) == (200, "ready", True)
    assert answering_version(site) == 1
    assert shown(site) == {1: ("ready", True), 2: ("stored", False)}

    unpinned = site.ask("POST", "/v1/models/unpin")
    assert [model["state"] for model in unpinned.json()] == ["stored", "ready"]
    assert answering_version(site) == 2


@pytest.mark.usefixtures("models")
def test_a_damaged_version_is_not_activated(site: Site, home: Path) -> None:
    """It is refused by name, and the one that serves goes on."""
    site.ask("POST", "/v1/models/unpin")
    (home / "models" / "1" / SERVED_MODEL).write_bytes(b"cut off")

    refused = site.ask("POST", "/v1/models/1/activate")

    assert refused.status_code == 503
    assert refused.json()["type"].endswith("broken-model")
    assert SERVED_MODEL in refused.json()["detail"]
    assert answering_version(site) == 2


def test_the_command_line_pins_and_unpins(models: ModelStore, home: Path) -> None:
    """It says what is served, and the list says that it is pinned."""
    assert "Version 1 is pinned" in familiar_models(home, "activate", "1").stdout
    assert models.current() == 1
    assert "Version 1 is pinned" in familiar_models(home).stdout
    assert "version 2" in familiar_models(home, "unpin").stdout
    assert models.current() == 2
    assert "pinned" not in familiar_models(home).stdout
    missing = familiar_models(home, "activate", "9")
    assert missing.returncode == 1
    assert "There is no model version 9" in missing.stderr
