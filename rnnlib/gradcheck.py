"""Is the gradient right? Central differences know nothing of the derivation."""

import inspect

import numpy as np


def gradient_check(f, params, grads, epsilon=1e-5):
    """Compare gradients with (f(p + epsilon) - f(p - epsilon)) / (2 epsilon), number by number.

    Parameters
    ----------
    f : function
        f() or f(params) returns the loss as one number, computed anew from the arrays in params. It is
        given params only if it has an argument without a default.
    params : dict of str to ndarray
        float64 arrays; changed number by number during the check, and restored.
    grads : dict of str to ndarray
        The gradients to check, one for every entry of params, of the same shape.
    epsilon : float
        Step of the differences.

    Returns
    -------
    float
        The worst array's max |analytic - numeric| / max(max |analytic|, max |numeric|, 1e-8).

    Raises
    ------
    TypeError, ValueError
        Where grads do not fit params, or where either params or the loss is not float64: in float32,
        rounding is larger than the differences compared.
    """
    if set(params) != set(grads):
        raise ValueError(f"grads must name the same arrays as params, {sorted(params)}; it named {sorted(grads)}")
    if not params:
        raise ValueError("params must name at least one array; it was empty, and nothing would be checked")
    arguments = (params,) if _needs_an_argument(f) else ()
    worst = 0.0
    for name, array in params.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
            raise TypeError(f"params[{name!r}] must be a NumPy array of floats; "
                            f"it was {getattr(array, 'dtype', type(array).__name__)}")
        _check_precision(f"params[{name!r}]", array.dtype)
        analytic = np.asarray(grads[name], dtype=float)
        if analytic.shape != array.shape or array.size == 0:
            raise ValueError(f"grads[{name!r}] must have shape {array.shape}, every axis at least 1; "
                             f"it had shape {analytic.shape}")
        numeric = np.empty_like(analytic)
        for i in np.ndindex(array.shape):
            kept, losses = array[i], []
            for changed in (kept + epsilon, kept - epsilon):
                try:
                    array[i] = changed
                    losses.append(_loss(f(*arguments)))
                finally:
                    array[i] = kept
            numeric[i] = (losses[0] - losses[1]) / (2 * epsilon)
        scale = max(np.abs(analytic).max(), np.abs(numeric).max(), 1e-8)
        error = np.abs(analytic - numeric).max() / scale
        worst = max(worst, float(error)) if np.isfinite(error) else float("inf")
    return worst


def _needs_an_argument(f):
    return any(p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
               for p in inspect.signature(f).parameters.values())


def _loss(value):
    """What f returned, as one number."""
    loss = np.asarray(value)
    if loss.dtype.kind not in "fiu" or loss.size != 1:
        raise TypeError(f"f must return the loss as one number; it returned {value!r}")
    _check_precision("the loss that f returns", loss.dtype)
    return loss.item()


def _check_precision(name, dtype):
    if dtype in (np.float16, np.float32):
        raise TypeError(f"{name} must be float64; it was {dtype}, in which even a right gradient fails: rounding "
                        "is larger than the differences compared. Check in float64: array.astype(float)")
