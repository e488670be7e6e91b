"""The serving format: float32 as trained, or int8 where that is as accurate."""

import keras
import numpy as np

from familiar.services.trainer.data.split_samples import TrainingSamples
from familiar.services.trainer.judge.evaluate import Probabilities, evaluate
from familiar.services.trainer.network.litert import LiteRTNetwork, to_litert
from familiar.shared.contract.manifest import ServingFormat
from familiar.shared.contract.messages import NumberFormat

# Share of test samples with the same likeliest person in int8.
LEAST_AGREEMENT = 0.995
# More do not measurably change the activation ranges.
CALIBRATION_CROPS = 32


def choose_format(
    network: keras.Model, float32: bytes, by_float32: Probabilities, samples: TrainingSamples, threshold: float
) -> tuple[bytes, ServingFormat]:
    """Quantise the network to int8, and choose that if it answers to the test samples as float32 does.

    `float32` is the converted network, `by_float32`, `(n, people)`, its answers to the test samples. int8 is calibrated
    on train samples and strangers' faces, and chosen if at least `LEAST_AGREEMENT` of the test samples have the same
    likeliest person and recall at the threshold is not lower. Without test samples nothing shows that, and float32
    stays.

    Raises:
        BrokenExport: the network needs operators that LiteRT does not have in int8.
    """
    if not len(samples.test_images):
        return float32, ServingFormat(format=NumberFormat.FLOAT32)
    crops = np.concatenate([samples.train_images, samples.strangers.train_images])
    int8 = to_litert(network, calibration=crops[:: -(-len(crops) // CALIBRATION_CROPS)])
    quantised = LiteRTNetwork(int8)
    by_int8 = np.stack([quantised(image) for image in samples.test_images])
    agreement = float(np.mean(by_float32.argmax(axis=1) == by_int8.argmax(axis=1)))
    recall_float32, recall_int8 = (
        evaluate(answers, samples.test_labels, answers[:0], threshold).recall or 0.0
        for answers in (by_float32, by_int8)
    )
    as_good = agreement >= LEAST_AGREEMENT and recall_int8 >= recall_float32
    return int8 if as_good else float32, ServingFormat(
        format=NumberFormat.INT8 if as_good else NumberFormat.FLOAT32,
        agreement=agreement,
        recall_float32=recall_float32,
        recall_int8=recall_int8,
    )
