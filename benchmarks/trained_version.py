"""A quickly trained version for serving benchmarks, which do not depend on its accuracy."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.progress import silence_tensorflow, tell
from familiar.services.trainer.data.read_strangers import StrangersRead
from familiar.services.trainer.data.split_samples import split_by_time
from familiar.services.trainer.data.split_strangers import split_strangers
from familiar.services.trainer.network.landmarks import open_input, read_landmarks
from familiar.services.trainer.train import train
from familiar.services.trainer.training_outcome import Outcome
from familiar.shared.contract.manifest import Gate
from familiar.shared.contract.messages import TrainingOptions
from familiar.shared.stores.models import LANDMARKS, ModelStore
from familiar.shared.vision.images import Image


def publish_trained(home: Path, people: Mapping[str, Sequence[Image]], weights: str, epochs: int) -> Path:
    """Train on crops of faces by slug, publish the version in the home's store, and return its folder.

    Raises:
        TooFewPeople, TooFewSamples: see `familiar.services.trainer.data.split_samples.split_by_time`.
        WeightsUnavailable, BrokenExport: see `familiar.services.trainer.train.train`.
    """
    silence_tensorflow()
    tell(f"A version is trained that knows {len(people)} people")
    strangers = StrangersRead(split_strangers(()), {}, passed_over=0)
    landmarks = read_landmarks()
    to_input = open_input(landmarks)
    inputs = {slug: [to_input(crop) for crop in crops] for slug, crops in people.items()}
    samples = split_by_time(inputs, {}, strangers.images)
    options = TrainingOptions(epochs=epochs)
    store = ModelStore(home)
    with store.staging_folder() as staging:
        training = train(samples, options, weights, staging, lambda _: None)
        if landmarks is not None:
            (staging / LANDMARKS).write_bytes(landmarks)
        gate = Gate(accepted=True, reason="It is a benchmark's.")
        outcome = Outcome(samples, strangers, training, options, gate, seconds=0.0, job_id="benchmark")
        names = {slug: slug for slug in people}
        manifest = store.publish(staging, lambda version, files: outcome.manifest(names, version, files, None))
    return home / "models" / str(manifest.version)
