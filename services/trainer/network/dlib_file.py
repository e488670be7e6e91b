"""Parser of the weights in dlib's network files, without dlib."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

# The input layer's name. Only the versions of all layers precede it; these fields follow.
_INPUT = b"input_rgb_image_sized"
_INPUT_FIELDS = "fffii"
# Fields after a layer's name, as serialised by dlib 19.3 (2017): i integer, f float, b flag, t tensor, p shape of a
# part of that tensor.
_FIELDS = {
    "con_4": "tiiiiiiippffff",
    "affine_": "tppi",
    "relu_": "",
    "max_pool_2": "iiiiii",
    "avg_pool_2": "iiiiii",
    "add_prev_": "",
    "fc_2": "iitppiffff",
}
# The training state after each layer, without numbers here; that of the first has one field more.
_STATE = "bbbttt"
_FIRST_STATE = _STATE + "i"
# In an integer's control byte: its sign, and its length in bytes.
_NEGATIVE, _BYTES = 0x80, 0x0F


def read_weights(contents: bytes) -> Iterator[list[NDArray[np.float32]]]:
    """Yield the weights of every layer that has some, from input to output.

    Of a convolution these are the kernel, `(filters, channels, rows, columns)`, and biases, `(1, filters, 1, 1)`; of an
    affine layer factors and summands, `(1, channels, 1, 1)` each; of a dense layer the kernel, `(inputs, outputs, 1,
    1)`, and biases, which may be empty. dlib's serialize.h, float_details.h and dnn/layers.h define the format.

    Nothing is validated here: the contents must be known to be intact, as by a checksum.
    """
    reader = _Reader(contents, contents.index(_INPUT) + len(_INPUT))
    reader.read(_INPUT_FIELDS)
    state = _FIRST_STATE
    while not reader.at_end:
        weights = reader.read(_FIELDS[reader.string()])
        reader.read(state)
        state = _STATE
        if weights:
            yield weights


class _Reader:
    """Sequential reader of serialised values."""

    def __init__(self, contents: bytes, place: int) -> None:
        self._contents = contents
        self._place = place

    @property
    def at_end(self) -> bool:
        return self._place == len(self._contents)

    def string(self) -> str:
        return self._bytes(self._integer()).decode()

    def read(self, fields: str) -> list[NDArray[np.float32]]:
        """Read these fields, and return the parts of the tensors among them."""
        parts = []
        tensor = np.empty(0, np.float32)
        for field in fields:
            if field == "t":
                tensor = np.frombuffer(self._bytes(4 * math.prod(self._shape())), "<f4")
            elif field == "p":
                shape = self._shape()
                part, tensor = np.split(tensor, [math.prod(shape)])
                parts.append(part.reshape(shape))
            elif field == "b":
                self._bytes(1)
            else:
                for _ in "me" if field == "f" else "i":  # a float is two integers, mantissa and exponent
                    self._integer()
        return parts

    def _shape(self) -> tuple[int, ...]:
        self._integer()  # the version
        return tuple(self._integer() for _ in range(4))

    def _integer(self) -> int:
        (control,) = self._bytes(1)
        value = int.from_bytes(self._bytes(control & _BYTES), "little")
        return -value if control & _NEGATIVE else value

    def _bytes(self, count: int) -> bytes:
        self._place += count
        return self._contents[self._place - count : self._place]
