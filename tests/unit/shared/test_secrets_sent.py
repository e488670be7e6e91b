"""Which secrets are read out of the headers of a request."""

import pytest

from familiar.shared.access.guard import secrets_sent


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc "])
def test_a_program_sends_its_token_in_the_header(header: str) -> None:
    """It goes before the cookies."""
    assert secrets_sent(header, "familiar_token_8000=other") == ["abc"]


@pytest.mark.parametrize(
    ("cookies", "secrets"),
    [
        ("familiar_token_8000=abc-_1", ["abc-_1"]),
        ("a=b; familiar_token_8000=abc; c=d", ["abc"]),
        ("familiar_token_=abc", ["abc"]),
        ("familiar_token_8000=abc; familiar_token_8010=def", ["abc", "def"]),
        ("not_familiar_token_8000=abc", []),
        ("familiar_token_evil=abc", []),
        ("a=b", []),
        ("", []),
    ],
)
def test_a_browser_sends_a_cookie_for_each_familiar_of_a_host(cookies: str, secrets: list[str]) -> None:
    """Whatever its port; and those of other programs."""
    assert secrets_sent(None, cookies) == secrets


def test_other_ways_to_log_in_are_no_token() -> None:
    """Then the cookie counts."""
    assert secrets_sent("Basic YWRtaW46", None) == []
    assert secrets_sent("Basic YWRtaW46", "familiar_token_8000=abc") == ["abc"]


def test_only_a_few_cookies_are_looked_at() -> None:
    """Nobody makes a request dear with a thousand of them."""
    assert len(secrets_sent(None, "; ".join(f"familiar_token_{port}=abc" for port in range(1000)))) == 4
