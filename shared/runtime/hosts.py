"""The name under which somebody asks: a web page that makes its own name point at this machine gives itself away."""

from urllib.parse import urlsplit


def host_name(header: str) -> str | None:
    """Read the name out of a Host header, without the port, in small letters; None where there is none."""
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None
