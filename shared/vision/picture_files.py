"""Which files of a folder are pictures."""

from pathlib import Path

PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def is_picture(path: Path) -> bool:
    """Tell by its ending whether a file is a picture."""
    return path.suffix.lower() in PICTURE_ENDINGS


def pictures_in(folder: Path) -> list[Path]:
    """List the pictures of a folder, without those of its folders, in the order of their names."""
    return sorted(path for path in folder.iterdir() if is_picture(path))
