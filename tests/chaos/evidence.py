"""What a run leaves behind, which the checks look at."""

from dataclasses import dataclass
from pathlib import Path

from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore
from tests.chaos.faults import Inflicted
from tests.chaos.site import Answer
from tests.chaos.stack import Running
from tests.chaos.workload import Workload


@dataclass(frozen=True)
class Evidence:
    """The processes of a run while they are still up, its stores, its work, its faults, and all answers."""

    running: Running
    workload: Workload
    inflicted: tuple[Inflicted, ...]
    answers: tuple[Answer, ...]

    @property
    def home(self) -> Path:
        """The run's FAMILIAR_HOME."""
        return self.running.around.home

    @property
    def samples(self) -> SampleStore:
        """The run's samples."""
        return SampleStore(self.home)

    @property
    def models(self) -> ModelStore:
        """The run's versions."""
        return ModelStore(self.home)
