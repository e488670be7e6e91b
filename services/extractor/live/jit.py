"""Loops that are compiled to machine code when they are first called, by numba."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def jit(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Compile a function for the types that it is called with. It lets go of Python's lock while it runs.

    Nothing is kept on disk: numba would keep it in pickles. Indices are not checked, so they have to be right; those of
    type `numba.uint64` are not looked at for being negative either, which loops need to become vector instructions.
    """
    result: Callable[_Arguments, _Result] = numba.njit(
        nogil=True,
        # A product and a sum may be one instruction.
        fastmath={"contract"},
        # Calls with many arrays would take a sixth of a search.
        forceinline=True,
        boundscheck=False,
        error_model="numpy",
    )(function)
    return result
