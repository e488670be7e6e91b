"""The run of one seed: start, do harm, wait until all that was begun is done, look, and stop."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from familiar.shared.access.token_store import TokenStore
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from tests.chaos.check_answers import every_request_is_answered, no_broken_version_answers, nobody_gets_a_wrong_name
from tests.chaos.check_processes import (
    dead_letters_explain_themselves,
    no_orphan_is_left,
    no_process_ends_by_itself,
    queues_are_bounded,
)
from tests.chaos.check_recovery import everything_is_at_work
from tests.chaos.check_stores import (
    enrolments_have_their_targets,
    no_sample_is_there_twice,
    trainings_end,
    versions_are_whole,
)
from tests.chaos.evidence import Evidence
from tests.chaos.faults import Inflicted, Injector
from tests.chaos.machine import Machine
from tests.chaos.plan import Plan
from tests.chaos.site import Site
from tests.chaos.stack import running
from tests.chaos.surroundings import surroundings
from tests.chaos.workload import Workload
from tests.colour_model import publish_colours

# From the last fault until all that was begun has to be done: retries, and trainings on a machine with others at work.
DEADLINE_SECONDS = 240.0
# What follows from the work within seconds, such as the end of a job, is looked for again until it is there.
_SETTLE_SECONDS = 40.0

Check = Callable[[Evidence], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    everything_is_at_work,
    enrolments_have_their_targets,
    no_sample_is_there_twice,
    trainings_end,
    versions_are_whole,
    every_request_is_answered,
    no_broken_version_answers,
    nobody_gets_a_wrong_name,
    queues_are_bounded,
    dead_letters_explain_themselves,
    no_process_ends_by_itself,
)
NO_ORPHANS = no_orphan_is_left.__name__


@dataclass(frozen=True)
class Result:
    """What a run did, and what did not hold."""

    plan: Plan
    inflicted: Sequence[Inflicted]
    violations: dict[str, list[str]]
    """By the name of the check; none where it holds."""
    work: dict[str, int]
    """Counts of what was done meanwhile."""
    seconds: float


def run(plan: Plan, machine: Machine, folder: Path, tell: Callable[[str], None]) -> Result:
    """Run a plan below `folder`, and check what came of it; `tell` is told of each fault."""
    began = time.monotonic()
    with surroundings(folder, machine, networked=plan.networked and machine.has_network) as around:
        publish_colours(ModelStore(around.home))
        with running(around) as stack:
            site = Site(stack.stack.settings.url, TokenStore(around.home).owner_secret())
            workload = Workload(site, SampleStore(around.home), ModelStore(around.home), plan.seed)
            injector = Injector(stack, machine, lambda words: tell(f"{time.monotonic() - began:6.1f} s  {words}"))
            with workload.at_work():
                if plan.late:
                    workload.trains.wait(DEADLINE_SECONDS)
                injector.inflict_all(plan.faults, workload.given_up)
                tell(f"{time.monotonic() - began:6.1f} s  no more faults; what was begun is waited for")
                workload.wind_down(DEADLINE_SECONDS)
                inflicted, answers = tuple(injector.inflicted), tuple(site.answers)
                evidence = Evidence(around.home, stack.client, workload, inflicted, answers, time.monotonic())
                violations = _look(evidence)
                work = _work_of(evidence)
                if plan.late:
                    injector.orphan_a_training(workload.begin_training)
        violations[NO_ORPHANS] = list(no_orphan_is_left(around))
    return Result(plan, injector.inflicted, violations, work, time.monotonic() - began)


def _look(evidence: Evidence) -> dict[str, list[str]]:
    until = time.monotonic() + _SETTLE_SECONDS
    while True:
        violations = {check.__name__: list(check(evidence)) for check in CHECKS}
        if not any(violations.values()) or time.monotonic() > until:
            return violations
        time.sleep(1)


def _work_of(evidence: Evidence) -> dict[str, int]:
    return {
        "enrolments": len(evidence.workload.accepted),
        "trainings": len(evidence.workload.trainings),
        "versions": len(evidence.models.versions()) - 1,
        "requests": len(evidence.answers),
        "names heard": len(evidence.workload.heard.predictions),
    }
