"""When the machine was slow."""

import time

import numpy as np

from benchmarks.reload.machine_speed import SpeedWatch, at_full_speed, slow

# Every second, and slow at 3.
SAMPLES = np.array([(0, 1.0), (1, 1.1), (2, 1.0), (3, 1.7), (4, 1.2), (5, 1.0)])


def test_a_slow_sample_takes_a_quarter_longer() -> None:
    """Than those that take least; a little longer is not slow."""
    assert slow(SAMPLES).tolist() == [False, False, False, True, False, False]


def test_what_was_asked_around_a_slow_moment_was_not_at_full_speed() -> None:
    """Longer after it than before it, as what it left waiting comes first."""
    asked = np.array([2.0, 2.9, 2.97, 3.0, 3.1, 3.2, 5.0])
    assert at_full_speed(asked, SAMPLES).tolist() == [True, True, False, False, False, True, True]


def test_the_machine_is_watched() -> None:
    """As long as the block lasts, on the clock that the loads use."""
    began = time.monotonic()
    with SpeedWatch() as watch:
        while len(watch.samples()) < 3:
            time.sleep(0.01)
    samples = watch.samples()
    ended = time.monotonic()
    time.sleep(0.1)

    assert len(watch.samples()) == len(samples)
    moments, seconds = samples.T
    assert began <= moments[0] < moments[1] < moments[-1] <= ended
    assert (seconds > 0).all()


def test_before_the_first_sample_there_is_none() -> None:
    """The shape is the same."""
    assert SpeedWatch().samples().shape == (0, 2)
