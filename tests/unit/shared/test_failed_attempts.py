"""How many wrong tokens an address may send."""

from familiar.shared.access.failed_attempts import BURST, FailedAttempts


def test_an_address_may_fail_so_often_and_not_more() -> None:
    """Another address is not concerned."""
    attempts = FailedAttempts()
    for _ in range(BURST):
        assert not attempts.full("192.0.2.7")
        attempts.count("192.0.2.7")
    assert attempts.full("192.0.2.7")
    assert not attempts.full("192.0.2.8")


def test_what_is_remembered_is_bounded() -> None:
    """Whoever has many addresses fills no memory."""
    attempts = FailedAttempts()
    for number in range(5000):
        attempts.count(f"address {number}")
    assert len(attempts._empty_at) == 1000
