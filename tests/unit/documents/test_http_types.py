"""The types that the page is checked with are those of inference."""

from tests.http_types import FILE, http_types


def test_the_types_are_those_of_the_routes() -> None:
    """A route that changes what it takes or answers changes the types in the same commit: `make docs`."""
    assert FILE.read_text() == http_types()
