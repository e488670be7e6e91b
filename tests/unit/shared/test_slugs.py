"""From a display name to a slug, and the names that are refused."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from familiar.shared.contract.errors import InvalidName
from familiar.shared.contract.slugs import NAME_LENGTH, is_slug, slug_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Zoë K.", "zoe-k"),
        ("  Karan  ", "karan"),
        ("Conan O'Brien", "conan-o-brien"),
        ("Jean_Luc -- Picard!", "jean-luc-picard"),
        ("Agent 007", "agent-007"),
        ("Ævar", "aevar"),
        ("王小明", "wang-xiao-ming"),
        ("Zoë 😀", "zoe"),
    ],
)
def test_a_display_name_becomes_lower_case_words_joined_by_hyphens(name: str, slug: str) -> None:
    """Accents go, other scripts are written in Latin letters, and whatever else there is separates."""
    assert slug_of(name) == slug


@given(st.text() | st.text("aé-_ /\\\0王ß\u0301\ud800😀", max_size=70))
def test_any_name_has_a_slug_or_is_refused_by_name(name: str) -> None:
    """The slug may be given wherever the name may, and blanks and ways of writing a letter make no difference."""
    try:
        slug = slug_of(name)
    except InvalidName:
        return
    assert is_slug(slug)
    assert slug_of(slug) == slug_of(f" {name}\t") == slug_of(unicodedata.normalize("NFC", name)) == slug


@given(st.text("ab-0", max_size=70))
def test_only_what_is_a_slug_is_its_own(text: str) -> None:
    """Whoever writes one gets that one."""
    try:
        own = slug_of(text) == text
    except InvalidName:
        own = False
    assert is_slug(text) is own


@pytest.mark.parametrize("name", ["x" * NAME_LENGTH, "王" * NAME_LENGTH, "ß" * NAME_LENGTH])
def test_a_name_of_64_characters_has_a_slug_that_is_one(name: str) -> None:
    """However many letters the other script takes, the slug names a folder."""
    assert is_slug(slug_of(name))


def test_blanks_around_a_name_do_not_count_as_its_characters() -> None:
    """64 characters and two blanks are 64 characters."""
    assert slug_of(f" {'x' * NAME_LENGTH} ") == "x" * NAME_LENGTH


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("\t\n", "empty"),
        ("x" * 65, "65 characters"),
        ("../x", "slash"),
        ("a/b", "slash"),
        ("a\\b", "slash"),
        ("a\x00b", "control character"),
        ("a\nb", "control character"),
        ("a\x7fb", "control character"),
        ("😀🎉", "neither a letter nor a digit"),
        ("...", "neither a letter nor a digit"),
    ],
)
def test_a_name_that_cannot_be_used_says_why_and_what_a_name_has(name: str, fault: str) -> None:
    """The sentence names the fault, and goes on to what is allowed."""
    with pytest.raises(InvalidName, match=fault) as caught:
        slug_of(name)
    assert "1 to 64 characters" in caught.value.detail


@pytest.mark.parametrize("name", ["unknown", "Unknown", "Stranger", " STRANGER! "])
def test_a_word_that_familiar_answers_with_is_nobodys_name(name: str) -> None:
    """Nobody may be called what a face is called that nobody knows."""
    with pytest.raises(InvalidName, match="Choose another name"):
        slug_of(name)


@pytest.mark.parametrize("text", ["door", "door-2", "0", "a" * NAME_LENGTH])
def test_lower_case_words_joined_by_hyphens_are_a_slug(text: str) -> None:
    """Camera names have to be one already."""
    assert is_slug(text)


@pytest.mark.parametrize("text", ["", "Door", "a b", "-a", "a-", "a--b", "a_b", "../x", "a/b", "a\n", "é", "a" * 65])
def test_anything_else_is_no_slug(text: str) -> None:
    """What is no slug can neither leave its folder nor its Redis key."""
    assert not is_slug(text)
