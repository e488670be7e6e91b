"""From the sample store to the samples of one training."""

from services.trainer.background import Background
from services.trainer.training_samples import TrainingSamples, split_by_time
from shared.errors import ImageTooLarge, UnreadableImage, UnreadableSample
from shared.images import Image, decode_image, to_model_input
from shared.messages import Split
from shared.sample_store import Sample, SampleStore


def read_training_samples(store: SampleStore, background: Background) -> TrainingSamples:
    """Read every sample of everybody, as model inputs, and put the background beside them.

    Raises:
        TooFewPeople, TooFewSamples: see `services.trainer.training_samples.split_by_time`.
        UnreadableSample: a file is not a picture; the message names it.
    """
    people = [person.slug for person in store.people()]
    train = {person: _model_inputs(store.samples(person, Split.TRAIN)) for person in people}
    test = {person: _model_inputs(store.samples(person, Split.TEST)) for person in people}
    return split_by_time(train, test, background)


def _model_inputs(samples: tuple[Sample, ...]) -> list[Image]:
    return [to_model_input(_decode(sample)) for sample in samples]


def _decode(sample: Sample) -> Image:
    try:
        return decode_image(sample.jpeg)
    except (UnreadableImage, ImageTooLarge) as error:
        name = f"{sample.split}/{sample.person}/{sample.path.name}"
        raise UnreadableSample(
            f"The sample {name} cannot be read. Delete the file and enrol {sample.person} again."
        ) from error
