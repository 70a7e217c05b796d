"""The rival without recurrence: a feedforward network that sees a window of the sequence, and nothing before it.

h_t = tanh(W [v_{t-w+1} .. v_t] + b), y_t = W_y h_t + b_y (Waibel et al. 1989 for sound, Bengio et al. 2003 for words). What a
cell scores beyond such a network is the merit of its memory; what both score is the merit of the nonlinearity and the training.
`rival` makes one for any of the four patterns, with about as many parameters as the model whose rival it is.
"""

import numpy as np

from ... import Bidirectional, Embedding, ManyToMany, ManyToOne, OneToMany, Readout, _check, greedy, mask_of
from ...layer import Layer
from ...patterns import read_with_forcing, up_to_end


def _side_by_side(x, before, after=0):
    """x (T, B, D) -> (T, B, (before + 1 + after) D): each step with its neighbours, oldest first, zeros beyond the ends."""
    T = len(x)
    x = np.pad(x, ((before, after), (0, 0), (0, 0)))
    return np.concatenate([x[i:i + T] for i in range(before + 1 + after)], axis=2)


def _taken_apart(dwindows, before, after=0):
    """dL/dx (T, B, D) from dL/d windows: what `_side_by_side` put in several places adds up."""
    T, B, _ = dwindows.shape
    parts = np.split(dwindows, before + 1 + after, axis=2)
    dx = np.zeros((T + before + after, *parts[0].shape[1:]))
    for i, part in enumerate(parts):
        dx[i:i + T] += part
    return dx[before:before + T]


class Window(Layer):
    """h_t = tanh(W [x_{t-w+1} .. x_t (.. x_{t+after})] + b): a layer for `ManyToOne` and `ManyToMany`.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H.
    width : int
        w, the steps that are seen up to the present one, at least 1.
    rng : numpy.random.Generator
        Draws W (H, (w + after) D) and b (H,) uniformly from +- 1 / sqrt((w + after) D).
    after : int
        The steps seen beyond the present one: the rival of a Bidirectional.
    """

    def __init__(self, input_size, hidden_size, width, rng, after=0):
        self.input_size, self.hidden_size = _check.whole("input_size", input_size, 1), _check.whole("hidden_size", hidden_size, 1)
        self.before, self.after = _check.whole("width", width, 1) - 1, _check.whole("after", after, 0)
        self.params = _weights((self.before + 1 + self.after) * input_size, hidden_size, rng)

    def run(self, x, lengths):
        seen = _side_by_side(x, self.before, self.after)
        h = np.tanh(seen @ self.params["W"].T + self.params["b"])
        return h, (seen, h)

    def run_backward(self, dout, kept):
        seen, h = kept
        grads, dseen = _backward(dout * (1 - h ** 2), seen, self.params["W"])
        return grads, _taken_apart(dseen, self.before, self.after)


class WindowOneToMany:
    """Writes from its input and the last tokens that it wrote: the rival of a OneToMany.

    Its state (B, G + w K) is what it sees: the G numbers of the input, then the last w tokens, one-hot, zero before the first.

    Parameters
    ----------
    input_size : int
        G numbers.
    hidden_size, output_size : int
        H, and K tokens, start and end among them.
    width : int
        w, at least 1.
    rng : numpy.random.Generator
    start, end : int
    """

    def __init__(self, input_size, hidden_size, output_size, width, rng, start=1, end=0):
        self.width, self.given = _check.whole("width", width, 1), _check.whole("input_size", input_size, 1)
        self.start, self.end = start, end
        self.readout = Readout(hidden_size, output_size, rng)
        self.params = {**_weights(self.given + width * output_size, hidden_size, rng), **self.readout.params}

    def first_state(self, v):
        """What is seen before anything is written: v (B, G) -> (B, G + w K)."""
        return np.pad(v, ((0, 0), (0, self.width * self.readout.output_size)))

    def step(self, tokens, state):
        """(scores of the next token (B, K), new state) after reading tokens (B,)."""
        K = self.readout.output_size
        state = np.concatenate([state[:, :self.given], state[:, self.given + K:], np.eye(K)[tokens]], axis=1)
        return self.readout.forward(np.tanh(state @ self.params["W"].T + self.params["b"])), state

    def predict(self, v, max_length=30):
        """What it writes by itself, always the likeliest token: (L, B), padded with `end`."""
        return greedy(self.step, self.first_state(v), self.start, self.end, max_length)

    def loss_and_gradients(self, batch):
        """(loss, gradients like params) of a batch (v, target), with teacher forcing."""
        return self._loss(*batch)[:2]

    def _loss(self, v, target):
        """The same, and dL/dv (B, G)."""
        T, B = target.shape
        read = np.eye(self.readout.output_size)[read_with_forcing(target, self.start)]
        last = _side_by_side(read, self.width - 1)
        seen = np.concatenate([np.broadcast_to(v, (T, B, self.given)), last], axis=2)
        h = np.tanh(seen @ self.params["W"].T + self.params["b"])
        loss, dy = self.readout.loss(self.readout.forward(h), target, up_to_end(target, self.end))
        grads_y, dh = self.readout.backward(dy, h)
        grads, dseen = _backward(dh * (1 - h ** 2), seen, self.params["W"])
        return loss, grads | grads_y, dseen[:, :, :self.given].sum(axis=0)


class WindowEncoderDecoder(WindowOneToMany):
    """Reads the first S steps of its input all at once, then writes: the rival of an EncoderDecoder.

    Parameters
    ----------
    reads : int
        S; what comes after S steps is not seen.
    input_size : int
        D numbers for each step.
    embedding : Embedding or None
        For an input of tokens.
    others :
        As for `WindowOneToMany`.
    """

    def __init__(self, reads, input_size, hidden_size, output_size, width, rng, embedding=None, start=1, end=0):
        super().__init__(_check.whole("reads", reads, 1) * input_size, hidden_size, output_size, width, rng, start, end)
        self.reads, self.embedding = reads, embedding
        self.params |= embedding.params if embedding else {}

    def predict(self, x, lengths=None, max_length=30):
        """What it writes by itself, always the likeliest token: (L, B), padded with `end`."""
        return super().predict(self._side_by_side(*self._first_steps(x, lengths)), max_length)

    def loss_and_gradients(self, batch):
        """(loss, gradients like params) of a batch (x, target) or (x, target, lengths of x), with teacher forcing."""
        x, target, *lengths = batch
        x, inside = self._first_steps(x, *lengths)
        loss, grads, dgiven = self._loss(self._side_by_side(x, inside), target)
        if self.embedding:
            dx = dgiven.reshape(x.shape[1], self.reads, -1).transpose(1, 0, 2)
            grads |= self.embedding.backward(np.where(inside[:, :, None], dx, 0), x)
        return loss, grads

    def _first_steps(self, x, lengths=None):
        """x, cut or padded with zeros to S steps, and which of them are inside: (S, B, ..), bool (S, B)."""
        inside = mask_of(np.full(x.shape[1], len(x)) if lengths is None else lengths, max(self.reads, len(x)))[:self.reads]
        return np.pad(x[:self.reads], [(0, max(0, self.reads - len(x)))] + [(0, 0)] * (x.ndim - 1)), inside

    def _side_by_side(self, x, inside):
        vectors = self.embedding.forward(x) if self.embedding else x
        return np.where(inside[:, :, None], vectors, 0).transpose(1, 0, 2).reshape(x.shape[1], self.given)


def _weights(inputs, H, rng):
    bound = 1 / np.sqrt(inputs)
    return {"W": _check.generator(rng).uniform(-bound, bound, (H, inputs)), "b": rng.uniform(-bound, bound, H)}


def _backward(dz, seen, W):
    """(gradients of W and b, dL/d seen) from dL/dz (T, B, H) of z = W seen + b."""
    flat = dz.reshape(-1, dz.shape[-1])
    return {"W": flat.T @ seen.reshape(-1, seen.shape[-1]), "b": flat.sum(axis=0)}, dz @ W


def rival(model, width, rng):
    """The window that competes with a model: same inputs, outputs and loss, about as many parameters.

    Parameters
    ----------
    model : ManyToOne, ManyToMany, EncoderDecoder or OneToMany
        Only its sizes are read.
    width : int, or (int, int) for EncoderDecoder
        The steps seen; for a model that writes the tokens written last. An EncoderDecoder's rival sees that many steps of its
        input at once, too: (of the input, of the output). A Bidirectional's sees width steps on either side.
    rng : numpy.random.Generator

    Returns
    -------
    ManyToOne, ManyToMany, WindowOneToMany or WindowEncoderDecoder
    """
    size, K, embedding = sum(p.size for p in model.params.values()), model.readout.output_size, model.embedding
    reads = isinstance(model, (ManyToOne, ManyToMany))
    if isinstance(model, OneToMany):
        embedding = None                                            # the writer reads its own tokens one-hot
    if embedding is not None:
        embedding = Embedding(*embedding.params["W_e"].shape, rng)
        size -= embedding.params["W_e"].size

    def hidden(inputs):
        return max(1, round((size - K) / (inputs + 1 + K)))

    if reads:
        D, after = model.cell.input_size, width if isinstance(model.cell, Bidirectional) else 0
        steps = width + 1 if after else width
        H = hidden((steps + after) * D)
        return type(model)(Window(D, H, steps, rng, after), Readout(H, K, rng, loss=model.readout.loss), embedding)
    tokens = model.writer.start, model.writer.end
    if isinstance(model, OneToMany):
        G = model.input_size
        return WindowOneToMany(G, hidden(G + width * K), K, width, rng, *tokens)
    (S, width), D = width, model.encoder.input_size
    return WindowEncoderDecoder(S, D, hidden(S * D + width * K), K, width, rng, embedding, *tokens)
