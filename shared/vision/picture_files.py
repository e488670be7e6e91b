"""Finding the picture files of a folder."""

from pathlib import Path

PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def is_picture(path: Path) -> bool:
    """Return whether a path is that of a picture, by its extension: of a file or a link to one, not of a pipe."""
    return path.suffix.lower() in PICTURE_ENDINGS and path.is_file()


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures directly in a folder, sorted by name."""
    return sorted(path for path in folder.iterdir() if is_picture(path))
