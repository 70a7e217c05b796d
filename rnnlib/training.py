"""Optimisers that see only arrays, clipping, and the training loop as a generator."""

import numpy as np

from . import _check
from .sequence import norm


class SGD:
    """params -= learning_rate * grads, in place."""

    def __init__(self, learning_rate):
        self.learning_rate = _check.positive("learning_rate", learning_rate)

    def update(self, params, grads):
        _check_fit(params, grads)
        for name in params:
            params[name] -= self.learning_rate * grads[name]


class Adam:
    """Kingma and Ba (2015), Algorithm 1: steps of about learning_rate, whatever the gradient's size."""

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.learning_rate = _check.positive("learning_rate", learning_rate)
        for name, beta in (("beta1", beta1), ("beta2", beta2)):
            if not isinstance(beta, (int, float, np.floating)) or not 0 <= beta < 1:
                raise ValueError(f"{name} must be a number from 0 to below 1; it was {beta!r}")
        self.beta1, self.beta2, self.epsilon = beta1, beta2, _check.positive("epsilon", epsilon)
        self.t, self.mean, self.square = 0, {}, {}

    def update(self, params, grads):
        _check_fit(params, grads)
        self.t += 1
        for name, g in grads.items():
            m = self.mean[name] = self.beta1 * self.mean.get(name, 0) + (1 - self.beta1) * g
            v = self.square[name] = self.beta2 * self.square.get(name, 0) + (1 - self.beta2) * g * g
            m_hat, v_hat = m / (1 - self.beta1 ** self.t), v / (1 - self.beta2 ** self.t)
            params[name] -= self.learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)


def clip_by_norm(grads, max_norm):
    """Scale all gradients together so that their joint norm is at most max_norm (Pascanu et al. 2013).

    Parameters
    ----------
    grads : dict of str to ndarray
        Left as it is.
    max_norm : float
        Above 0.

    Returns
    -------
    clipped : dict of str to ndarray
        Copies in float64; equal to grads where the norm was small enough.
    norm : float
        The joint norm before clipping.

    Raises
    ------
    ValueError
        max_norm not above 0, grads empty, or a gradient that is not finite (it has no direction to keep).
    """
    max_norm, before = _check.positive("max_norm", max_norm), global_norm(grads)
    scale = max_norm / before if before > max_norm else 1.0
    return {name: np.multiply(g, scale, dtype=float) for name, g in grads.items()}, before


def global_norm(grads):
    """The norm of all gradients as one vector. Raises ValueError, naming the array, where one is not finite."""
    if not grads:
        raise ValueError("grads must name at least one array; it was empty")
    for name, g in grads.items():
        if not np.isfinite(g).all():
            raise ValueError(f"the gradient of {name} must be finite; it held {g[~np.isfinite(g)][0]}")
    with np.errstate(over="ignore"):
        total = float(norm(np.concatenate([np.ravel(g) for g in grads.values()], dtype=float)[None])[0])
    if total == np.inf:
        raise ValueError(f"the joint norm of the gradients of {', '.join(grads)} is too large for float64")
    return total


def _check_fit(params, grads):
    """Raise ValueError unless gradients and parameters match in name and shape, before anything is updated."""
    if params.keys() != grads.keys():
        raise ValueError(f"grads must name the same arrays as params, {sorted(params)}; it named {sorted(grads)}")
    for name, array in params.items():
        if np.shape(grads[name]) != array.shape:
            raise ValueError(f"grads[{name!r}] must have shape {array.shape}, as params has; "
                             f"it had shape {np.shape(grads[name])}")


def train(model, batches, optimiser, steps, clip=None):
    """Train step by step, as a generator: ``for step, loss, norm in train(...)``.

    Parameters
    ----------
    model : object with .params and .loss_and_gradients(batch)
    batches : iterable
        One batch per step. A list starts over when it is used up; a generator must last for all steps.
    optimiser : SGD or Adam
    steps : int
    clip : float, optional
        The largest joint norm that the gradients may have (`clip_by_norm`).

    Yields
    ------
    (step, loss, norm)
        step counts from 1; loss is this batch's before the update; norm is the gradients' before clipping.

    Raises
    ------
    ValueError
        batches ended early, or a loss or gradient stopped being finite (params keep their last finite values).
    """
    steps = _check.whole("steps", steps, 1)
    if clip is not None:
        _check.positive("clip", clip)
    batches = iter(batches) if iter(batches) is batches else _endless(batches)
    for step in range(1, steps + 1):
        try:
            batch = next(batches)
        except StopIteration:
            raise ValueError(f"batches must last for steps = {steps}; it ended after {step - 1}") from None
        loss, grads = model.loss_and_gradients(batch)
        if not np.isfinite(loss):
            raise ValueError(f"the loss at step {step} was {loss}; a smaller learning_rate or clip=1.0 may help")
        grads, before = (grads, global_norm(grads)) if clip is None else clip_by_norm(grads, clip)
        optimiser.update(model.params, grads)
        yield step, loss, before


def _endless(batches):
    while True:
        batch = None
        for batch in batches:
            yield batch
        if batch is None:       # an empty list would keep this loop going for ever
            return
