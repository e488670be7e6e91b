"""What was called background is called strangers; its former names count for one release more."""

from pathlib import Path

import pytest
from pydantic import AliasChoices
from typer.testing import CliRunner

from familiar.cli.main import app
from familiar.cli.settings import CliSettings
from familiar.services.trainer.settings import TrainerSettings
from familiar.shared.contract.manifest import Manifest
from familiar.shared.runtime.service import load_settings
from familiar.shared.runtime.settings import Settings
from familiar.shared.stores.strangers import StrangerSource, StrangerStore
from tests.app_client import Site
from tests.builders import crop


@pytest.mark.parametrize("reader", [TrainerSettings, CliSettings])
def test_a_setting_counts_by_its_former_name_with_a_warning(
    reader: type[Settings], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own name goes first."""
    monkeypatch.setenv("FAMILIAR_BACKGROUND", "/former")
    assert load_settings(reader).model_dump()["strangers"] == Path("/former")
    assert "FAMILIAR_BACKGROUND is called FAMILIAR_STRANGERS now" in capsys.readouterr().err
    monkeypatch.setenv("FAMILIAR_STRANGERS", "/own")
    assert load_settings(reader).model_dump()["strangers"] == Path("/own")


def test_a_store_is_found_under_its_former_name_and_renamed(home: Path) -> None:
    """With its faces, and once."""
    StrangerStore(home).add(StrangerSource.MARKED, crop(9), None)
    (home / "strangers").rename(home / "background")
    for _ in range(2):
        assert StrangerStore(home).count(StrangerSource.MARKED) == 1
    assert not (home / "background").exists()


def test_the_former_command_and_address_answer_as_the_present_ones(site: Site, home: Path) -> None:
    """The command says that it goes, and the description of the HTTP interface does."""
    answer = CliRunner().invoke(app, ["background"], env={"FAMILIAR_HOME": str(home)})
    assert answer.exit_code == 0
    assert "deprecated" in answer.output
    assert site.ask("GET", "/v1/background").json() == site.ask("GET", "/v1/strangers").json()
    paths = site.ask("GET", "/openapi.json").json()["paths"]
    assert paths["/v1/background"]["get"]["deprecated"] is True
    assert "deprecated" not in paths["/v1/strangers"]["get"]


def test_a_version_from_before_says_how_many_strangers_it_learned() -> None:
    """Its manifest is never written again."""
    field = Manifest.model_fields["strangers"].validation_alias
    assert isinstance(field, AliasChoices)
    assert field.convert_to_aliases() == [["strangers"], ["background"]]
