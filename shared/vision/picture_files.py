"""Finding the picture files of a folder."""

from pathlib import Path

PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def is_picture(path: Path) -> bool:
    """Return whether a file is a picture, by its extension."""
    return path.suffix.lower() in PICTURE_ENDINGS


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures directly in a folder, sorted by name."""
    return sorted(path for path in folder.iterdir() if is_picture(path))
