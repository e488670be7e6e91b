"""LiteRT: conversion of Keras networks, and inference."""

import warnings
from collections.abc import Sequence

import flatbuffers
import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from familiar.shared.contract.errors import BrokenExport

_FILE_IDENTIFIER = b"TFL3"

Weights = NDArray[np.float32]


def to_litert(model: keras.Model, calibration: NDArray[np.uint8] | None = None) -> bytes:
    """Convert a network for a batch of one; input and outputs stay `float32`, outputs keep their order.

    With `calibration`, model inputs, `(n, 160, 160, 3)`, it is quantised to int8, with the activation ranges of these.

    Raises:
        BrokenExport: the network needs operators that LiteRT does not have.
    """
    signature = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    network = tf.function(lambda pixels: model(pixels, training=False), input_signature=[signature])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()], model)
    # Going through a SavedModel takes three times as long, and loses the weights where the batch size is fixed.
    converter.experimental_lower_to_saved_model = False
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if calibration is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([image[np.newaxis].astype(np.float32)] for image in calibration)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    try:
        with warnings.catch_warnings():
            # It asks for input statistics, which a calibration makes unnecessary.
            warnings.filterwarnings("ignore", "Statistics for quantized inputs", UserWarning)
            return bytes(converter.convert())
    except Exception as error:  # TensorFlow has no public name for what its converter raises.
        raise BrokenExport(f"The network cannot be converted to LiteRT. Nothing was published. ({error})") from error


def with_weights(converted: bytes, before: Sequence[Weights], after: Sequence[Weights]) -> bytes:
    """Replace weights of a converted network, found by their old values, and keep its first output only.

    `before` and `after` are `(inputs, units)` or `(units,)`, as in Keras, pairs of one shape. It takes milliseconds,
    where a conversion takes as long as some epochs.

    Raises:
        BrokenExport: the network does not hold each of them exactly once.
    """
    network = schema.ModelT.InitFromPackedBuf(converted, 0)
    (graph,) = network.subgraphs
    for old, new in zip(before, after, strict=True):
        sought = old.T.astype("<f4").tobytes()
        places = [buffer for buffer in network.buffers if buffer.data is not None and bytes(buffer.data) == sought]
        if len(places) != 1 or old.shape != new.shape:
            raise BrokenExport("The converted network has no place for what was learned. Nothing was published.")
        places[0].data = np.frombuffer(new.T.astype("<f4").tobytes(), np.uint8)
    graph.outputs = graph.outputs[:1]
    builder = flatbuffers.Builder(len(converted))
    builder.Finish(network.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


class LiteRTNetwork:
    """A converted network; not thread-safe."""

    def __init__(self, converted: bytes, first: int = 0, last: int = 0) -> None:
        """Load what `to_litert` made; it answers with its outputs from `first` to `last`, concatenated.

        `input_size` is the side of its images, `outputs` how many numbers it answers.

        Raises:
            ValueError, RuntimeError: the bytes are no network.
        """
        self._interpreter = Interpreter(model_content=converted, num_threads=1)
        self._interpreter.allocate_tensors()
        pixels, answers = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()
        asked = answers[first : last + 1]
        self._input, self._asked = pixels["index"], [answer["index"] for answer in asked]
        self.input_size, self.outputs = int(pixels["shape"][1]), sum(int(answer["shape"][-1]) for answer in asked)

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the outputs for one RGB image, `(160, 160, 3)`, 0..255, without the batch dimension."""
        self._interpreter.set_tensor(self._input, image[np.newaxis].astype(np.float32))
        self._interpreter.invoke()
        answers = [self._interpreter.get_tensor(index)[0] for index in self._asked]
        return answers[0] if len(answers) == 1 else np.concatenate(answers)
