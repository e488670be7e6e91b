"""The addresses of Redis in files, one for each user: an address holds a password, which no environment is to show."""

from pathlib import Path

from redis import ConnectionPool, RedisError

from familiar.shared.contract.errors import RedisUnavailable

ADDRESS = "address"
SERVER = "server"


def local_folder(home: Path) -> Path:
    """Return the folder of the Redis that `familiar up` starts, with a folder for each user's address."""
    return home / "redis"


def local_address_file(home: Path, user: str) -> Path:
    """Return the file with the address at which a user reaches the Redis that `familiar up` starts."""
    return local_folder(home) / user / ADDRESS


def require_address(address: str) -> None:
    """Check that a text is an address of Redis, and that its options are such as redis-py has; nothing is connected.

    Raises:
        ValueError: it is none; the message does not repeat it.
    """
    try:
        ConnectionPool.from_url(address).make_connection()
    except (ValueError, TypeError, RedisError):
        raise ValueError("write an address such as redis://127.0.0.1:6379/0") from None


def read_address(file: Path) -> str:
    """Return the address in a file.

    Raises:
        RedisUnavailable: the file is missing, as before the first `familiar up`, unreadable, or holds no address.
    """
    try:
        address = file.read_text().strip()
        require_address(address)
    except (OSError, ValueError):
        # The content may be a password, and is not repeated.
        raise RedisUnavailable(f"There is no address of Redis in {file}. {RedisUnavailable().detail}") from None
    return address
