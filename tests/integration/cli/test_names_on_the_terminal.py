"""Names on the terminal are text: no markup, no colours and no control characters, also of those stored long ago."""

import json
from pathlib import Path

import pytest
import redis

from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from tests.app_client import Site
from tests.builders import publish_version
from tests.command_line import familiar

# What a file may hold that was written by hand, or before such names were refused.
STORED = [
    ("[red]Zoe[/red]", "[red]Zoe[/red]"),
    ("[/nothing] Zoe", "[/nothing] Zoe"),
    (":smile: Zoe", ":smile: Zoe"),
    ("\x1b[31mZoe", r"\x1b[31mZoe"),
    ("Zoe\nKaran", r"Zoe\nKaran"),
    ("Zoe\u202enarak", r"Zoe\u202enarak"),
    ("Zo\u200be", r"Zo\u200be"),
    ("Zoe\ud800", r"Zoe\ud800"),
]


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(("stored", "shown"), STORED)
def test_a_stored_name_is_shown_as_it_is_written(
    home: Path, redis_url: str, site: Site, stored: str, shown: str
) -> None:
    """By every command that lists people, and over HTTP."""
    SampleStore(home).register("Zoe")
    (home / "people" / "zoe.json").write_text(json.dumps({"name": stored}))
    ran = familiar("people", FAMILIAR_HOME=str(home), REDIS_URL=redis_url)
    assert shown in ran.stdout
    assert not {"\x1b", "\u202e", "\u200b"} & set(ran.stdout)
    assert site.ask("GET", "/v1/people").json()[0]["name"] == shown


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(("stored", "shown"), STORED[:-1])
def test_the_name_in_a_version_is_shown_so_too(home: Path, redis_url: str, stored: str, shown: str) -> None:
    """Versions keep the names that people had."""
    version = publish_version(ModelStore(home), "zoe", "karan")
    path = home / "models" / str(version) / "manifest.json"
    written = json.loads(path.read_bytes())
    written["people"][0]["name"] = stored
    path.write_text(json.dumps(written))
    ran = familiar("models", FAMILIAR_HOME=str(home), REDIS_URL=redis_url)
    assert shown.split(r"\n", maxsplit=1)[0] in ran.stdout
    assert not {"\x1b", "\u202e", "\u200b"} & set(ran.stdout)


@pytest.mark.parametrize("name", ["Zoe\u202enarak", "Zo\u200be", "Zoe\u2066", "\ufeffZoe", "Zo\u2028e", "Zo\x1b[31me"])
def test_a_name_with_what_cannot_be_seen_is_refused(
    client: redis.Redis, store: SampleStore, site: Site, name: str
) -> None:
    """With a sentence in which it can be seen, and nobody is registered."""
    assert client
    store.register("Karan")
    answer = site.ask("PATCH", "/v1/people/karan", json={"name": name})
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid-name"
    assert "invisible" in answer.json()["detail"]
    assert not set(name) & set(answer.json()["detail"]) & {"\u202e", "\u200b", "\u2066", "\ufeff", "\u2028", "\x1b"}
    assert [person.name for person in store.people()] == ["Karan"]


def test_a_name_with_marks_of_markup_is_a_name(store: SampleStore) -> None:
    """It is shown as it is, so nothing has to be refused."""
    assert store.register("Zoe [bold] K.").name == "Zoe [bold] K."
