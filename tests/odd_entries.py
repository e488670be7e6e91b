"""Entries of streams as any client of Redis may write them: of wrong types, too large, too early, or broken."""

import json
from typing import Any

from hypothesis import strategies as st

from familiar.shared.contract.messages import Message
from tests.pictures import damaged_pictures

_TIMES = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-07-20T20:17:40Z", "9999-12-31T23:59:59Z"]
_ODD: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, -1, 1, 2**31, 2**63, 10**30, -(10**30), 1e300, float("nan"), float("inf"), "", "NaN", [], {}])
    | st.sampled_from(_TIMES)
    | st.text(max_size=20)
    | st.sampled_from(["x" * 100_000, "../../x", "a\0b", "a\nb", "door", "yard"])
)


def _places(value: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Give where a value stands in a JSON object, however deep."""
    if not isinstance(value, dict):
        return [path]
    return [path] * bool(path) + [place for name in value for place in _places(value[name], (*path, name))]


def _with(header: Any, place: tuple[str, ...], value: object) -> Any:  # noqa: ANN401 - JSON
    if not place or not isinstance(header, dict):
        return value
    return {**header, place[0]: _with(header.get(place[0]), place[1:], value)}


def odd_json(value: Any) -> st.SearchStrategy[bytes]:  # noqa: ANN401 - JSON
    """Give JSON that is nearly, or by no means, this value: parts of wrong types, too large, missing or too many."""

    def changed(changes: list[tuple[tuple[str, ...], object]]) -> bytes:
        odd = value
        for place, part in changes:
            odd = _with(odd, place, part)
        return json.dumps(odd).encode()

    places = st.sampled_from([*_places(value), ("more",)])
    texts = st.lists(st.tuples(places, _ODD), max_size=2).map(changed)
    return texts | st.binary(max_size=30) | st.sampled_from([b"[" * 100_000, b"{}", b"null", b'{"a":' * 10_000])


def odd_entries(message: Message, payload: bytes) -> st.SearchStrategy[dict[bytes, bytes]]:
    """Give the fields of entries that are nearly, or by no means, this message."""
    headers = odd_json(json.loads(message.model_dump_json()))
    payloads = st.just(payload) | damaged_pictures() | st.binary(max_size=30)
    whole = st.fixed_dictionaries({b"header": headers, b"payload": payloads})
    return whole | st.dictionaries(st.sampled_from([b"header", b"payload", b"more", b""]), st.binary(), min_size=1)
