"""`familiar people`: how often and on how many days everybody was enrolled, and who is to come again."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from typer.testing import CliRunner

from familiar.cli.main import app
from familiar.shared.contract.messages import Split
from familiar.shared.stores.samples import SampleStore
from tests.builders import NOON, crop, origin


@pytest.fixture
def listed(client: redis.Redis, redis_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Give what lists the people of the store, with single blanks."""
    assert client.ping()
    monkeypatch.setenv("FAMILIAR_HOME", str(home))
    monkeypatch.setenv("REDIS_URL", redis_url)
    return lambda: " ".join(CliRunner().invoke(app, ["people"]).stdout.split())


def add(store: SampleStore, person: str, session: str, days: int) -> None:
    """Add a train sample of a session so many days from now."""
    taken = origin(days, NOON + timedelta(days=days)).model_copy(update={"enrolment_id": session})
    store.add(person, Split.TRAIN, crop(9), taken, None)


def test_who_was_seen_on_one_day_is_asked_for_another(store: SampleStore, listed: Callable[[], str]) -> None:
    """However many sessions there were that day; who has samples of two days is not, nor who has none."""
    for name in ("Arjun", "Karan", "Mia", "Zoë"):
        store.register(name)
    for person, session, days in (("arjun", "a", 0), ("arjun", "b", 0), ("karan", "a", 0), ("zoe", "a", 0)):
        add(store, person, session, days)
    add(store, "karan", "b", 1)
    words = listed()
    assert "sessions ┃ days" in words
    assert "Arjun │ 2 │ 0 │ 2 │ 1 │" in words
    assert "Karan │ 2 │ 0 │ 2 │ 2 │" in words
    assert "Arjun, Zoë: one day only. A second day, in other light, is worth more" in words


def test_where_everybody_was_seen_on_two_days_nothing_is_asked(store: SampleStore, listed: Callable[[], str]) -> None:
    """The table is all there is."""
    store.register("Zoë")
    add(store, "zoe", "a", 0)
    add(store, "zoe", "b", 1)
    words = listed()
    assert "Zoë │ 2 │ 0 │ 2 │ 2 │" in words
    assert "one day only" not in words
