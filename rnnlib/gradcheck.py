"""Is the gradient right? Central differences know nothing of the derivation."""

import inspect

import numpy as np


def gradient_check(f, params, grads, epsilon=1e-5):
    """Compare gradients with (f(p + epsilon) - f(p - epsilon)) / (2 epsilon), number by number.

    Parameters
    ----------
    f : function
        f() (or f(params)) returns the loss as one number, computed anew from the arrays in params.
    params : dict of str to ndarray
        Floating-point arrays; changed number by number during the check, and put back.
    grads : dict of str to ndarray
        The gradients to check, one for every entry of params, of the same shape.
    epsilon : float
        Step of the differences.

    Returns
    -------
    float
        The worst array's max |analytic - numeric| / max(max |analytic|, max |numeric|, 1e-8).
    """
    if set(params) != set(grads):
        raise ValueError(f"grads must name the same arrays as params, {sorted(params)}; it named {sorted(grads)}")
    if not params:
        raise ValueError("params must name at least one array; it was empty, and nothing would be checked")
    loss = (lambda: f(params)) if inspect.signature(f).parameters else f
    worst = 0.0
    for name, array in params.items():
        if not isinstance(array, np.ndarray):
            raise TypeError(f"params[{name!r}] must be a NumPy array of floats; it was a {type(array).__name__}")
        if not np.issubdtype(array.dtype, np.floating):
            raise TypeError(f"params[{name!r}] must hold floating-point numbers; its dtype was {array.dtype}")
        analytic = np.asarray(grads[name], dtype=float)
        if analytic.shape != array.shape:
            raise ValueError(f"grads[{name!r}] must have shape {array.shape}; it had shape {analytic.shape}")
        numeric = np.empty_like(analytic)
        for i in np.ndindex(array.shape):
            kept = array[i]
            try:
                array[i] = kept + epsilon
                above = loss()
                array[i] = kept - epsilon
                below = loss()
            finally:
                array[i] = kept
            numeric[i] = (above - below) / (2 * epsilon)
        scale = max(np.abs(analytic).max(), np.abs(numeric).max(), 1e-8)
        error = np.abs(analytic - numeric).max() / scale
        worst = max(worst, float(error)) if np.isfinite(error) else float("inf")
    return worst
