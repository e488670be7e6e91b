"""Strangers' faces: which teach, which judge."""

import numpy as np

from familiar.services.trainer.data.split_strangers import Strangers, split_strangers
from familiar.shared.vision.images import Image


def faces(count: int, seed: int = 0) -> list[Image]:
    """Give model inputs of noise, no two alike."""
    return list(np.random.default_rng(seed).integers(0, 256, (count, 160, 160, 3), np.uint8))


def keys(images: Image) -> set[bytes]:
    """Tell images apart by their pixels."""
    return {image.tobytes() for image in images}


def parts(strangers: Strangers) -> tuple[set[bytes], set[bytes]]:
    """Give both parts."""
    return keys(strangers.train_images), keys(strangers.test_images)


def test_every_face_is_in_one_part_and_most_teach() -> None:
    """About one tenth judges; of 200 that is 20, give or take what chance does."""
    given = faces(200)

    train, test = parts(split_strangers(given))

    assert train | test == keys(np.stack(given))
    assert len(train) + len(test) == 200
    assert 8 <= len(test) <= 36


def test_a_face_stays_in_its_part_whatever_is_added() -> None:
    """What judged one version is not what the next learns from."""
    before = parts(split_strangers(faces(100)))
    after = parts(split_strangers([*faces(50, seed=1), *faces(100)]))

    for earlier, later in zip(before, after, strict=True):
        assert earlier <= later


def test_what_somebody_marked_as_a_stranger_is_always_learned_from() -> None:
    """Whichever part its pixels would fall into."""
    marked = faces(40, seed=2)

    strangers = split_strangers(faces(100), marked)

    assert keys(strangers.train_images[strangers.marked]) == keys(np.stack(marked))
    assert strangers.marked.sum() == 40
    assert len(strangers.marked) == len(strangers.train_images)


def test_without_strangers_both_parts_are_empty_and_have_their_shape() -> None:
    """So that nobody need ask whether there are any."""
    strangers = split_strangers(())

    for images in (strangers.train_images, strangers.test_images):
        assert images.shape == (0, 160, 160, 3)
        assert images.dtype == np.uint8
    assert strangers.marked.shape == (0,)
