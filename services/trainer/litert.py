"""LiteRT: turning a Keras network into one, and running it."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from shared.errors import BrokenExport


def to_litert(model: keras.Model) -> bytes:
    """Convert a network for one image at a time; input and outputs stay `float32`, outputs in their order.

    Raises:
        BrokenExport: the network needs operators that LiteRT does not have.
    """
    signature = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
    network = tf.function(lambda pixels: model(pixels, training=False), input_signature=[signature])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()], model)
    # The way over a SavedModel takes three times as long, and loses the weights where the batch is fixed.
    converter.experimental_lower_to_saved_model = False
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    try:
        return bytes(converter.convert())
    except Exception as error:  # TensorFlow has no public name for what its converter raises.
        raise BrokenExport(f"The network cannot be converted to LiteRT. Nothing was published. ({error})") from error


def replace_weights(
    converted: bytes, before: Sequence[NDArray[np.float32]], after: Sequence[NDArray[np.float32]]
) -> bytes:
    """Put other weights of a dense layer into a converted network, which costs no second conversion.

    `before` are the kernel and the bias that it was converted with, `after` those it is to have, of the same shapes.
    The weights of a LiteRT file are plain numbers, so random ones are found by what they are; a kernel is transposed.

    Raises:
        BrokenExport: the weights are not in the network exactly once.
    """
    for old, new in zip(before, after, strict=True):
        placed = old.T.tobytes()
        if converted.count(placed) != 1:
            raise BrokenExport("The converted network does not hold the weights that it was converted with.")
        converted = converted.replace(placed, new.astype(np.float32).T.tobytes())
    return converted


class LiteRTNetwork:
    """A converted network, for one thread."""

    def __init__(self, converted: bytes, output: int = 0) -> None:
        """Load what `to_litert` made, to ask for one of its outputs.

        `input_size` is the side of its images, `outputs` how many numbers it answers.

        Raises:
            ValueError, RuntimeError: the bytes are no network.
        """
        self._interpreter = Interpreter(model_content=converted, num_threads=1)
        self._interpreter.allocate_tensors()
        pixels, answer = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()[output]
        self._input, self._output = pixels["index"], answer["index"]
        self.input_size, self.outputs = int(pixels["shape"][1]), int(answer["shape"][-1])

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Answer to one RGB image, `(160, 160, 3)`, 0..255, without the batch dimension."""
        self._interpreter.set_tensor(self._input, image[np.newaxis].astype(np.float32))
        self._interpreter.invoke()
        answer: NDArray[np.float32] = self._interpreter.get_tensor(self._output)[0]
        return answer
