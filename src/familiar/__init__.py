"""Familiar teaches a camera the faces it knows, and names them over HTTP and as a stream of events."""

__version__ = "0.2.0"
