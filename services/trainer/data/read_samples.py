"""Training samples read from the sample store, with their sessions."""

import os
from concurrent.futures import ThreadPoolExecutor

from familiar.services.trainer.data.split_samples import Sessions, TrainingSamples, split_by_time
from familiar.services.trainer.data.split_strangers import Strangers
from familiar.shared.contract.errors import ImageTooLarge, UnreadableImage, UnreadableSample
from familiar.shared.contract.messages import Split
from familiar.shared.stores.sample_origin import day_of
from familiar.shared.stores.samples import Sample, SampleStore, age
from familiar.shared.vision.images import Image, ToInput, decode_image, to_model_input

SamplesByPerson = dict[str, tuple[Sample, ...]]


def read_training_samples(
    store: SampleStore, strangers: Strangers, to_input: ToInput = to_model_input
) -> TrainingSamples:
    """Read everybody's samples as model inputs, and add the strangers.

    Raises:
        TooFewPeople, TooFewSamples: see `familiar.services.trainer.data.split_samples.split_by_time`.
        UnreadableSample: a file is not a picture; the message names it.
    """
    people = [person.slug for person in store.people()]
    train = {person: store.samples(person, Split.TRAIN) for person in people}
    test = {person: store.samples(person, Split.TEST) for person in people}
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        inputs_of_train, inputs_of_test = (
            {person: list(threads.map(lambda sample: to_input(_decode(sample)), own)) for person, own in split.items()}
            for split in (train, test)
        )
    return split_by_time(inputs_of_train, inputs_of_test, strangers, _sessions(train, test))


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


def _decode(sample: Sample) -> Image:
    try:
        return decode_image(sample.jpeg)
    except (UnreadableImage, ImageTooLarge) as error:
        name = f"{sample.split}/{sample.person}/{sample.path.name}"
        raise UnreadableSample(
            f"The sample {name} cannot be read. Delete the file and enrol {sample.person} again."
        ) from error
