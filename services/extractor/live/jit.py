"""Just-in-time compilation of loops, by numba."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def jit(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Compile a function, on its first call, for the types that it is called with; it releases the GIL.

    Nothing is cached on disk, as numba caches pickles. Indices are not bounds-checked, so they must be right; those of
    type `numba.uint64` are not checked for being negative either, which loops need to be vectorised.
    """
    result: Callable[_Arguments, _Result] = numba.njit(
        nogil=True,
        # Allow fused multiply-add.
        fastmath={"contract"},
        # Passing many arrays would cost a sixth of a search.
        forceinline=True,
        boundscheck=False,
        error_model="numpy",
    )(function)
    return result
