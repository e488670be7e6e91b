"""The outcome of a finished training, from which its report and its manifest are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from familiar.services.trainer.data.read_strangers import StrangersRead
from familiar.services.trainer.data.split_samples import TrainingSamples
from familiar.services.trainer.judge.gate import without_served
from familiar.services.trainer.report.write import ReportFacts, ReportPerson, TrainDescriptors
from familiar.services.trainer.train import Training
from familiar.shared.contract.errors import PersonForgotten
from familiar.shared.contract.findings import Findings
from familiar.shared.contract.manifest import Gate, Manifest, ManifestPerson
from familiar.shared.contract.messages import TrainingOptions
from familiar.shared.stores.samples import SampleStore
from familiar.shared.vision.images import Image

# People whose samples are shown augmented.
PEOPLE_SHOWN = 4


@dataclass(frozen=True)
class Outcome:
    """Outcome of a training job before it is published; `seconds` is its duration."""

    samples: TrainingSamples
    strangers: StrangersRead
    training: Training
    options: TrainingOptions
    gate: Gate
    seconds: float
    job_id: str

    def report_facts(self, names: Mapping[str, str]) -> ReportFacts:
        """Return what the report is written from; `names` are the people's, by slug."""
        samples, training = self.samples, self.training
        return ReportFacts(
            people=tuple(
                ReportPerson(
                    slug, names[slug], *counts, sessions=samples.sessions(label), days=int(samples.days[label])
                )
                for label, (slug, counts) in enumerate(self._counts().items())
            ),
            history=training.history,
            threshold=training.threshold,
            test_probabilities=training.test_answers,
            test_labels=samples.test_labels,
            test_images=samples.test_images,
            stranger_probabilities=training.stranger_answers,
            stranger_images=samples.strangers.test_images,
            stranger_faces=self.strangers.faces,
            training_seconds=self.seconds,
            created_at=datetime.now(UTC),
            shown_samples=self._shown_samples(),
            train_descriptors=self._train_descriptors(),
            calibration_notes=training.notes,
        )

    def manifest(
        self,
        names: Mapping[str, str],
        version: int,
        files: dict[str, str],
        served: int | None,
        findings: Findings | None = None,
    ) -> Manifest:
        """Return the manifest of the version.

        `files` are its files' SHA-256, `served` is the version that is current now, and `findings` are its report's,
        None without one.
        """
        training = self.training
        return Manifest(
            version=version,
            created_at=datetime.now(UTC),
            people=self._people(names),
            threshold=training.threshold,
            track_threshold=training.track_threshold,
            options=self.options,
            weights=training.weights,
            descriptor=training.descriptor,
            notes=training.notes,
            history=training.history,
            metrics=training.metrics,
            layers=training.layers,
            largest_difference=training.largest_difference,
            training_seconds=round(self.seconds, 1),
            files=files,
            gate=without_served(self.gate, served),
            job_id=self.job_id,
            strangers=dict(self.strangers.faces),
            resumed_after=training.resumed_after,
            serving=training.serving,
            golden=training.golden,
            findings=findings,
        )

    def _people(self, names: Mapping[str, str]) -> tuple[ManifestPerson, ...]:
        samples = self.samples
        return tuple(
            ManifestPerson(
                slug=slug,
                name=names[slug],
                train_samples=learned,
                test_samples=tested,
                recall=self.training.recall[label],
                sessions=samples.sessions(label),
                days=int(samples.days[label]),
                tests_left_out=int(samples.tests_left_out[label]),
            )
            for label, (slug, (learned, tested)) in enumerate(self._counts().items())
        )

    def _train_descriptors(self) -> TrainDescriptors | None:
        samples, descriptors = self.samples, self.training.descriptors
        if descriptors is None:
            return None
        return TrainDescriptors(descriptors, samples.train_labels, samples.train_images)

    def _shown_samples(self) -> Image:
        """Return the middle train sample of each of the first few people."""
        labels = self.samples.train_labels
        places = [np.flatnonzero(labels == label) for label in range(min(PEOPLE_SHOWN, len(self.samples.people)))]
        return self.samples.train_images[[own[len(own) // 2] for own in places]]

    def _counts(self) -> dict[str, tuple[int, int]]:
        """Return each person's numbers of train and test samples, by slug."""
        samples = self.samples
        parts = (samples.train_labels, samples.test_labels)
        learned, tested = (np.bincount(labels, minlength=len(samples.people)).tolist() for labels in parts)
        return dict(zip(samples.people, zip(learned, tested, strict=True), strict=True))


def names_of(store: SampleStore, samples: TrainingSamples) -> dict[str, str]:
    """Return the people's names, by slug.

    Raises:
        PersonForgotten: one of them is no longer there.
    """
    names = {person.slug: person.name for person in store.people()}
    if not names.keys() >= set(samples.people):
        raise PersonForgotten
    return names
