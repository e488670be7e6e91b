"""A program can tell the named errors apart."""

import re

from familiar.shared.contract import errors
from familiar.shared.contract.errors import FamiliarError

ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, FamiliarError)]


def test_no_two_errors_have_the_same_code() -> None:
    """Each says its own, in small letters and hyphens."""
    codes = [kind.code for kind in ERRORS]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", code) for code in codes)
