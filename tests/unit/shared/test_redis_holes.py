"""Whether a version of Redis has published holes."""

import pytest

from familiar.cli.stack.redis_holes import FIXED, known_holes


@pytest.mark.parametrize(("name", "series"), [(name, series) for name, fixed in FIXED.items() for series in fixed])
def test_a_series_has_holes_before_its_last_fix_and_none_from_it_on(name: str, series: tuple[int, int]) -> None:
    """The sentence names the fix."""
    patch = FIXED[name][series]
    before = known_holes(name, (*series, patch - 1))
    assert before is not None
    assert f"{series[0]}.{series[1]}.{patch}" in before
    assert known_holes(name, (*series, patch)) is None
    assert known_holes(name, (*series, patch + 1)) is None


@pytest.mark.parametrize(
    ("name", "version"), [("redis", (5, 0, 14)), ("redis", (7, 0, 15)), ("redis", (8, 0, 2)), ("valkey", (7, 2, 5))]
)
def test_a_series_that_nobody_maintains_has_holes(name: str, version: tuple[int, ...]) -> None:
    """However new its last release is."""
    assert "maintained" in (known_holes(name, version) or "")


@pytest.mark.parametrize(("name", "version"), [("redis", (8, 12, 0)), ("redis", (9, 0, 0)), ("valkey", (10, 0, 0))])
def test_of_a_newer_series_than_the_table_s_nothing_is_said(name: str, version: tuple[int, ...]) -> None:
    """Nothing is known of it."""
    assert known_holes(name, version) is None
