"""Host header parsing, for the check against DNS rebinding."""

from urllib.parse import urlsplit


def host_name(header: str) -> str | None:
    """Return the host name of a Host header in lower case, without the port, or None."""
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None
