"""Writes `docs/settings.md`: every setting, out of the classes that read them.

make docs
"""

from collections.abc import Iterator

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from familiar.cli.settings import CliSettings
from familiar.services.capture.settings import CaptureSettings
from familiar.services.extractor.settings import ExtractorSettings
from familiar.services.inference.settings import InferenceSettings
from familiar.services.trainer.settings import TrainerSettings
from familiar.shared.runtime.settings import Settings
from tests.builders import ROOT

PAGE = ROOT / "docs" / "settings.md"
READERS: dict[str, type[Settings]] = {
    "capture": CaptureSettings,
    "extractor": ExtractorSettings,
    "trainer": TrainerSettings,
    "inference": InferenceSettings,
    "command line": CliSettings,
}
# What a default is called that another machine would have otherwise.
IN_WORDS = {"home": "the platform's folder for user data", "cameras": "none"}


def settings_page() -> str:
    """Give the page, in Markdown."""
    rows = "\n".join(f"| {' | '.join(row)} |" for row in sorted(_rows()))
    return (
        "# Settings\n\nAll of them are variables of the environment, read once when a process starts.\n\n"
        f"| variable | read by | default | meaning |\n|---|---|---|---|\n{rows}\n"
    )


def _rows() -> Iterator[tuple[str, str, str, str]]:
    fields: dict[str, FieldInfo] = {}
    for reader in READERS.values():
        fields |= reader.model_fields
    for name, field in fields.items():
        assert field.description, f"{name} has no description"
        readers = [title for title, reader in READERS.items() if name in reader.model_fields]
        read_by = "all" if len(readers) == len(READERS) else ", ".join(readers)
        yield f"`{_variable(name, field)}`", read_by, _default(name, field), field.description


def _variable(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"FAMILIAR_{name.upper()}"


def _default(name: str, field: FieldInfo) -> str:
    if name in IN_WORDS:
        return IN_WORDS[name]
    return "none" if field.default in (None, "") else f"`{field.default}`"


if __name__ == "__main__":
    PAGE.write_text(settings_page())
