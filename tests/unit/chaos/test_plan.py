"""The faults of a run follow from its seed."""

import pytest

from tests.chaos.plan import NETWORKED, Kind, draw_plan

SEEDS = range(1, 21)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_repeats_its_plan(seed: int) -> None:
    """Kinds, targets, times and all."""
    assert draw_plan(seed, 12) == draw_plan(seed, 12)


def test_seeds_differ() -> None:
    """No two have the same faults."""
    assert len({draw_plan(seed, 12).faults for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_kind_occurs_and_those_of_a_network_where_there_is_one(seed: int) -> None:
    """A Redis of Familiar's own is on a socket, and has no data to come back with."""
    plan = draw_plan(seed, 12)
    assert {fault.kind for fault in plan.faults} == (set(Kind) if plan.networked else set(Kind) - NETWORKED)
    assert len(plan.faults) == 12


def test_what_lasts_and_what_jumps_says_how_long_and_where_to() -> None:
    """A fault has what its kind takes, and nothing else."""
    for seed in SEEDS:
        for fault in draw_plan(seed, 30).faults:
            assert (fault.lasts > 0) == (fault.kind in {Kind.PAUSE, Kind.DISK_FULL, Kind.NETWORK_CUT})
            assert (fault.offset != 0) == (fault.kind is Kind.CLOCK_JUMP)
            assert bool(fault.target) == (fault.kind in {Kind.KILL, Kind.PAUSE, Kind.NETWORK_CUT})
