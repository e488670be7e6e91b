"""What a model version says of itself: `manifest.json`, written last into its folder."""

from shared.messages import Confidence, Epoch, Message, Slug, Time, TrainingOptions


class ManifestPerson(Message):
    """Somebody that the version knows, with the number of samples it learned and was tested with.

    `recall` is the share of the person's test samples that got their name at the version's threshold;
    None where the person has no test samples.
    """

    slug: Slug
    name: str
    train_samples: int
    test_samples: int
    recall: Confidence | None


class Weights(Message):
    """Where the frozen base's weights came from. `sha256` is of the file; None for random ones."""

    source: str
    sha256: str | None


class Layer(Message):
    """One layer of the network, in order from pixels to answer."""

    name: str
    kind: str
    trainable: bool
    parameters: int


class Metrics(Message):
    """How the version did on the test samples.

    `accuracy` is the share whose likeliest person is right, `recall` the share that got the right name at
    the threshold, `false_names` the share that got a wrong one. `confusion` counts test samples: row is
    who it is, column who it was likeliest taken for, both in the order of `Manifest.people`.
    """

    test_samples: int
    accuracy: Confidence | None
    recall: Confidence | None
    false_names: Confidence | None
    confusion: tuple[tuple[int, ...], ...]


class Manifest(Message):
    """A model version. The order of `people` is the order of the network's outputs.

    A face whose likeliest person has a confidence below `threshold` is unknown. `files` holds the
    SHA-256 of every file of the version; `largest_difference` is the largest one seen between what
    `model.keras` and `model.tflite` answer to the same crops.
    """

    version: int
    created_at: Time
    people: tuple[ManifestPerson, ...]
    threshold: Confidence
    options: TrainingOptions
    weights: Weights
    history: tuple[Epoch, ...]
    metrics: Metrics
    layers: tuple[Layer, ...]
    largest_difference: float
    training_seconds: float
    files: dict[str, str]
