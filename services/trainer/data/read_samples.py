"""Training samples read from the sample store, with their sessions."""

import os
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial

import structlog

from familiar.services.trainer.data.split_samples import Sessions, TrainingSamples, split_by_time
from familiar.services.trainer.data.split_strangers import Strangers
from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage
from familiar.shared.contract.messages import Split
from familiar.shared.stores.sample_origin import day_of
from familiar.shared.stores.samples import Sample, SampleStore, age
from familiar.shared.vision.images import Image, ToInput, decode_image, to_model_input

SamplesByPerson = dict[str, tuple[Sample, ...]]
InputsByPerson = dict[str, list[Image]]

_log = structlog.get_logger()


def read_training_samples(
    store: SampleStore, strangers: Strangers, to_input: ToInput = to_model_input
) -> TrainingSamples:
    """Read everybody's samples as model inputs, and add the strangers.

    Samples that cannot be read are logged and passed over.

    Raises:
        TooFewPeople, TooFewSamples: see `familiar.services.trainer.data.split_samples.split_by_time`.
    """
    people = [person.slug for person in store.people()]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        read = partial(_read, threads=threads, to_input=to_input)
        train, inputs_of_train = read({person: store.samples(person, Split.TRAIN) for person in people})
        test, inputs_of_test = read({person: store.samples(person, Split.TEST) for person in people})
    return split_by_time(inputs_of_train, inputs_of_test, strangers, _sessions(train, test))


def _read(samples: SamplesByPerson, threads: Executor, to_input: ToInput) -> tuple[SamplesByPerson, InputsByPerson]:
    """Return the samples that can be read, and their model inputs; the others are logged, without their person."""
    readable: SamplesByPerson = {}
    inputs: InputsByPerson = {}
    unreadable: list[str] = []

    def convert(sample: Sample) -> Image | None:
        try:
            return to_input(decode_image(sample.jpeg))
        except (UnreadableImage, ImageTooLarge):
            unreadable.append(sample.path.name)
            return None

    for person, own in samples.items():
        pairs = [
            (sample, image) for sample, image in zip(own, threads.map(convert, own), strict=True) if image is not None
        ]
        readable[person] = tuple(sample for sample, _ in pairs)
        inputs[person] = [image for _, image in pairs]
    if unreadable:
        _log.warning("samples passed over that cannot be read", count=len(unreadable), files=sorted(unreadable))
    return readable, inputs


def _sessions(train: SamplesByPerson, test: SamplesByPerson) -> Sessions:
    """Number each person's sessions chronologically, those of unknown origin first."""
    numbers: dict[str, dict[str, int]] = {}
    for person, own in train.items():
        taken = sorted((*own, *test[person]), key=age)
        numbers[person] = {session: n for n, session in enumerate(dict.fromkeys(sample.session for sample in taken))}
    return Sessions(
        train={person: [numbers[person][sample.session] for sample in own] for person, own in train.items()},
        test={person: [numbers[person][sample.session] for sample in own] for person, own in test.items()},
        days={person: len({day_of(sample.origin) for sample in own}) for person, own in train.items()},
    )
