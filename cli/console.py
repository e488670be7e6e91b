"""Consoles: results go to standard output, everything else to standard error.

Names of people and texts from Redis are shown as they are: they are no markup, and no control characters either.
"""

from typing import Any

from rich.console import Console
from rich.text import Text

from familiar.shared.contract.slugs import printable


class _PlainConsole(Console):
    """A console that interprets nothing of the text that it prints."""

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401 - rich's own
        shown = "\n".join(map(printable, text.split("\n")))
        return super().render_str(shown, **{**options, "markup": False, "emoji": False})


out = _PlainConsole()
err = _PlainConsole(stderr=True)
