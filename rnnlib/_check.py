"""Checks of arguments: a wrong shape is explained in the letters of the course, not in NumPy's words."""

import numpy as np

if not hasattr(np, "ndarray"):      # a learner's own numpy.py beside the notebook, say
    raise ImportError(f"{np.__file__} stands in NumPy's place: rename that file, then restart the kernel.")


def floats(name, value, shape):
    """Check that `value` is a finite floating-point array of the wanted shape, and return it.

    shape: letter and size of each axis in order, ``{"T": None, "B": None, "D": 4}``; None: any size from 1.
    """
    _of_floats(name, value, _wanted(shape))
    if value.ndim != len(shape):
        raise ValueError(f"{name} must have {len(shape)} axes, shape {_wanted(shape)}; it had shape {value.shape}")
    for size, (letter, wanted) in zip(value.shape, shape.items()):
        if wanted is not None and size != wanted:
            raise ValueError(f"{name} must have shape {_wanted(shape)}; it had shape {value.shape}")
        if size == 0:
            raise ValueError(f"{name} must have shape {_wanted(shape)} with {letter} at least 1; "
                             f"it had shape {value.shape}")
    if not np.isfinite(value).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
        raise ValueError(f"{name} must be finite; {name}{list(where)} was {value[where]} (shape {value.shape})")
    return value


def vectors(name, value, letter, size=None, like=None):
    """Check that `value` is a floating-point array (..., size), and return it; `like`: one with the same first axes.

    NaN passes: `train` reports a loss that is not finite, and can say more about it.
    """
    wanted = f"(..., {letter})" if size is None else f"(..., {letter}) with {letter} = {size}"
    _of_floats(name, value, wanted)
    if value.ndim == 0 or (size is not None and value.shape[-1] != size):
        raise ValueError(f"{name} must have shape {wanted}; it had shape {value.shape}")
    if value.size == 0:
        raise ValueError(f"{name} must have shape {wanted}, every axis at least 1; it had shape {value.shape}")
    if like is not None and value.shape[:-1] != like.shape[:-1]:
        raise ValueError(f"{name} must have shape {(*like.shape[:-1], size)}; it had shape {value.shape}")
    return value


def scores(value):
    """Check that `value` holds scores (..., K) to choose from, and return it; -inf may rule tokens out, not all."""
    vectors("scores", value, "K")
    if not (value < np.inf).all():
        where = tuple(int(i) for i in np.argwhere(~(value < np.inf))[0])
        raise ValueError(f"scores must be finite, or -inf for a token that is ruled out; "
                         f"scores{list(where)} was {value[where]} (shape {value.shape})")
    possible = (value > -np.inf).any(axis=-1)
    if not possible.all():
        raise ValueError(f"scores must leave at least one token possible; all {value.shape[-1]} in scores"
                         f"{[int(i) for i in np.argwhere(~possible)[0]]} were -inf")
    return value


def whole(name, value, least, most=None):
    """Check that `value` is a whole number from `least` up (to `most`, if given), and return it as an int."""
    upper = "" if most is None else f" and at most {most}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number of at least {least}{upper}; it was {value!r}")
    if value < least or (most is not None and value > most):
        raise ValueError(f"{name} must be at least {least}{upper}; it was {value}")
    return int(value)


def positive(name, value):
    """Check that `value` is a finite number above zero, and return it as a float."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a number above 0; it was {value!r}")
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a finite number above 0; it was {value}")
    return float(value)


def whole_numbers(name, value, shape, least, most):
    """Check that `value` is an integer array of the wanted shape within least..most; return it with the type int."""
    if not isinstance(value, np.ndarray) or not np.issubdtype(value.dtype, np.integer):
        kind = f"dtype {value.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
        raise TypeError(f"{name} must be a NumPy array of whole numbers, shape {_wanted(shape)}; it was {kind}")
    if value.ndim != len(shape) or any(w is not None and s != w for s, w in zip(value.shape, shape.values())):
        raise ValueError(f"{name} must have shape {_wanted(shape)}; it had shape {value.shape}")
    if value.size == 0:
        raise ValueError(f"{name} must have shape {_wanted(shape)}, every axis at least 1; it had shape {value.shape}")
    if value.min() < least or value.max() > most:
        raise ValueError(f"{name} must lie between {least} and {most}; it held {value.min()} to {value.max()}")
    return value.astype(int, copy=False)


def _of_floats(name, value, wanted):
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array of floats, shape {wanted}; it was a {type(value).__name__}")
    if not np.issubdtype(value.dtype, np.floating):
        raise TypeError(f"{name} must hold floating-point numbers; its dtype was {value.dtype} "
                        f"({name}.astype(float) makes floats)")


def generator(rng):
    """Check that `rng` is a numpy.random.Generator, and return it."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, such as numpy.random.default_rng(0); it was {rng!r}")
    return rng


def _wanted(shape):
    """'(T, B, 4)' with the letters explained: '(T, B, D) with D = 4'."""
    letters = f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"
    fixed = ", ".join(f"{k} = {v}" for k, v in shape.items() if v is not None and not k.isdigit())
    return f"{letters} with {fixed}" if fixed else letters
