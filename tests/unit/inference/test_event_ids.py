"""The ids of events, with which a listener goes on where it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from familiar.services.inference.http.events import to_entry_id
from familiar.shared.contract.errors import InvalidRequest

PARTS = st.integers(0, 2**64 - 1)


@given(PARTS, PARTS)
def test_every_id_that_redis_gives_is_read(milliseconds: int, sequence: int) -> None:
    """As it stands; Redis takes the first part alone, too."""
    assert to_entry_id(f"{milliseconds}-{sequence}") == f"{milliseconds}-{sequence}".encode()
    assert to_entry_id(str(milliseconds)) == str(milliseconds).encode()


@given(st.integers(2**64), PARTS)
def test_a_part_of_more_than_64_bits_is_refused(large: int, part: int) -> None:
    """On either side of the hyphen, however many digits it has."""
    for written in (f"{large}-{part}", f"{part}-{large}", str(large)):
        with pytest.raises(InvalidRequest):
            to_entry_id(written)


@given(st.text() | st.text("0123456789-+$* ٣\n", max_size=30))
def test_any_text_is_an_id_or_refused_by_name(text: str) -> None:
    """An id is digits, and a hyphen between them at most."""
    try:
        entry_id = to_entry_id(text)
    except InvalidRequest:
        return
    assert entry_id.decode() == text
    assert set(text) <= set("0123456789-")
    assert text.count("-") <= 1
