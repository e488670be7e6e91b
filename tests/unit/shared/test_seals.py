"""Sealing: what comes back, and what never does."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from familiar.shared.contract.errors import BrokenSeal, KeyMissing, KeyWrong
from familiar.shared.stores.sealing import KEY_BYTES, MAGIC, Seals, is_sealed

# No key of these is ever marked: nothing is written.
NOWHERE = Path("/proc/nowhere")
KEY = bytes(range(KEY_BYTES))


class Unmarked(Seals):
    """Seals of no home, whose mark is not looked at."""

    def require_key(self) -> None:
        """Require nothing."""


SEALS = Unmarked(NOWHERE, KEY)


@given(st.binary(max_size=2000), st.text(st.characters(codec="utf-8"), max_size=100))
def test_what_is_sealed_comes_back_under_its_label(data: bytes, label: str) -> None:
    """And shows nothing of itself, nor that it is the same as before."""
    sealed = SEALS.seal(label, data)
    assert is_sealed(sealed)
    assert SEALS.unseal(label, sealed) == data
    assert sealed != SEALS.seal(label, data)
    assert len(data) < 8 or data not in sealed


@given(st.binary(max_size=2000).filter(lambda data: not data.startswith(MAGIC)))
def test_what_is_plain_is_read_as_it_is(data: bytes) -> None:
    """With a key and without one: it was stored before there was a key."""
    assert SEALS.unseal("a", data) == data
    assert Unmarked(NOWHERE).unseal("a", data) == data
    assert Unmarked(NOWHERE).seal("a", data) == data


@given(st.data())
def test_what_was_changed_in_any_place_or_cut_off_is_refused(data: st.DataObject) -> None:
    """Whatever it is, it is no picture of anybody."""
    sealed = SEALS.seal("a", b"a face" * 10)
    place = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[place] ^= data.draw(st.integers(1, 255))
    # Without its beginning it is not sealed, and no picture either.
    if changed.startswith(MAGIC):
        with pytest.raises((BrokenSeal, KeyWrong)):
            SEALS.unseal("a", bytes(changed))
    cut = data.draw(st.integers(len(MAGIC), len(sealed) - 1))
    with pytest.raises((BrokenSeal, KeyWrong)):
        SEALS.unseal("a", sealed[:cut])


def test_a_label_is_part_of_the_seal() -> None:
    """A file that lies in the place of another one is none."""
    with pytest.raises(BrokenSeal):
        SEALS.unseal("sample/train/karan/1", SEALS.seal("sample/train/zoe/1", b"zoe"))


def test_without_the_key_and_with_another_one_the_errors_say_so() -> None:
    """By name, and not that the file is damaged."""
    sealed = SEALS.seal("a", b"a face")
    with pytest.raises(KeyMissing, match="FAMILIAR_KEY_FILE"):
        Unmarked(NOWHERE).unseal("a", sealed)
    with pytest.raises(KeyWrong, match="another key"):
        Unmarked(NOWHERE, os.urandom(KEY_BYTES)).unseal("a", sealed)
