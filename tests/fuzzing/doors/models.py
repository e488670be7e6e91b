"""The model store: a version with any damage is refused by name, and the good one goes on serving."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from hypothesis import strategies as st

from familiar.services.inference.model import reload
from familiar.shared.stores.models import KERAS_MODEL, LANDMARKS, MANIFEST, REPORT, SERVED_MODEL
from tests.colour_crops import RED, crop_of
from tests.fuzzing.door import Door, Fault, Outcome
from tests.fuzzing.ground import GOLDEN, PICTURE, Ground
from tests.fuzzing.site import Watched, judge, site_of
from tests.odd_entries import odd_json
from tests.pictures import damaged

GOOD, ODD = 2, 3
_PATHS = ("", "/3", "/3/report", "/3/keras", "/3/bundle", f"/3/pictures/{PICTURE}", "/3/pictures/x.png", "/2", "/9")
_NUMBERS = (b"", b"3\n", b"2", b"-1", b"9" * 5000, b"3.0", b"\xff", b"newest", b"0x3", b"1_0", b"\xd9\xa3", b"4")


class Damage(NamedTuple):
    """What is written over a file of the store, and what is asked then."""

    file: str
    data: bytes
    paths: tuple[str, ...]
    activate: bool


@contextmanager
def open_door(ground: Ground) -> Iterator[Door]:
    """Put a copy of the good version beside it, damage it, and let it be served."""
    home = ground.home()
    models = home / "models"
    _copy(models)
    # A version is loaded in steps with pauses, so that requests are answered meanwhile: here there are none.
    no_rest = mock.patch.object(reload, "_REST_SECONDS", 0)
    with no_rest, ground.redis() as url, site_of(home, url) as watched:

        def send(damage: Damage) -> list[Outcome]:
            whole = (models / damage.file).read_bytes() if (models / damage.file).exists() else None
            try:
                (models / damage.file).write_bytes(damage.data)
                return [_ask(watched, damage)]
            finally:
                if whole is not None:
                    (models / damage.file).write_bytes(whole)
                for name in ("current", "pinned"):
                    (models / name).write_text(f"{GOOD}\n")
                watched.watcher.poll()
                _require_good(watched)

        yield Door(_damages(models), send)


def _copy(models: Path) -> None:
    shutil.copytree(models / str(GOOD), models / str(ODD))
    manifest = json.loads((models / str(ODD) / MANIFEST).read_bytes())
    (models / str(ODD) / MANIFEST).write_text(json.dumps({**manifest, "version": ODD}))
    (models / "pinned").write_text(f"{GOOD}\n")


def _damages(models: Path) -> st.SearchStrategy[Damage]:
    folder = models / str(ODD)
    manifest = json.loads((folder / MANIFEST).read_bytes())
    names = [SERVED_MODEL, KERAS_MODEL, REPORT, PICTURE, GOLDEN]
    files = st.one_of(
        st.tuples(st.just(f"{ODD}/{MANIFEST}"), odd_json(manifest) | damaged(st.just(json.dumps(manifest).encode()))),
        *(st.tuples(st.just(f"{ODD}/{name}"), damaged(st.just((folder / name).read_bytes()))) for name in names),
        st.tuples(st.sampled_from([f"{ODD}/{LANDMARKS}", f"{ODD}/more.png"]), st.binary(max_size=30)),
        st.tuples(st.sampled_from(["current", "pinned"]), st.sampled_from(_NUMBERS) | st.binary(max_size=6)),
    )
    paths = st.lists(st.sampled_from(_PATHS), min_size=1, max_size=3).map(tuple)
    return st.builds(
        lambda file, paths, activate: Damage(file[0], file[1], paths, activate), files, paths, st.booleans()
    )


def _ask(watched: Watched, damage: Damage) -> Outcome:
    """Let the damaged version be served, and ask for it."""
    if damage.file not in {"current", "pinned"}:
        (watched.models.path(GOOD, SERVED_MODEL).parents[1] / "pinned").write_text(f"{ODD}\n")
    watched.watcher.poll()
    outcomes = [judge(watched.site.ask("GET", f"/v1/models{path}")) for path in damage.paths]
    outcomes.append(_predict(watched))
    if damage.activate:
        outcomes.append(judge(watched.site.ask("POST", f"/v1/models/{ODD}/activate")))
    return Outcome.REFUSED if Outcome.REFUSED in outcomes or watched.watcher.served.version != ODD else outcomes[-1]


def _predict(watched: Watched) -> Outcome:
    headers = {"content-type": "image/jpeg"}
    return judge(watched.site.ask("POST", "/v1/predictions?crop=true", content=crop_of(RED), headers=headers))


def _require_good(watched: Watched) -> None:
    if watched.watcher.served.version != GOOD or _predict(watched) is not Outcome.ACCEPTED:
        raise Fault("the good version is not served any more")
