"""One cell, four wirings. Each model has .params, .loss_and_gradients(batch) and .predict(...).

::

    ManyToOne        x_1 .. x_T  ->  h_T                  ->  y              read all, answer once
    ManyToMany       x_1 .. x_T  ->  h_1 .. h_T           ->  y_1 .. y_T     answer at every step
    EncoderDecoder   x_1 .. x_S  ->  h_S = context = h_0  ->  y_1 .. y_T     read all, then write
    OneToMany        v           ->  h_0                  ->  y_1 .. y_T     write from one input

The first three read, and have .hidden_states(x); the last two write, and have .step(tokens, state) and
.teacher_forced(tokens, state_0). Cells, readout and embeddings are attributes, named like the arguments.

Inputs are vectors (T, B, D), or tokens (T, B), whole numbers, where the model has an `Embedding`.
Sequences of unequal length are padded at their end and come with lengths (B,).
"""

import functools

import numpy as np

from . import _check, generation
from .attention import Attention
from .layer import Layer
from .readout import mask_of
from .sequence import Bidirectional, _prefixed, bptt, forward


class Embedding:
    """A vector for each token: W_e (V, D), one row per token, drawn from the standard normal distribution."""

    def __init__(self, vocabulary_size, size, rng):
        V, D = _check.whole("vocabulary_size", vocabulary_size, 1), _check.whole("size", size, 1)
        self.params = {"W_e": _check.generator(rng).normal(size=(V, D))}

    def forward(self, tokens):
        """tokens (T, B) -> vectors (T, B, D)."""
        W_e = self.params["W_e"]
        return W_e[_check.whole_numbers("tokens", tokens, {"T": None, "B": None}, 0, len(W_e) - 1)]

    def backward(self, dx, tokens):
        """Gradients of params from dL/dx (T, B, D): each token's row is summed over its places."""
        dW_e = np.zeros_like(self.params["W_e"])
        np.add.at(dW_e, tokens, dx)
        return {"W_e": dW_e}


class _ReadingModel:
    """What the models that read share: `reader`."""

    def __init__(self, cell, readout, embedding=None):
        self.cell, self.readout, self.embedding = cell, _fitting(readout, cell), embedding
        self.reader = _Reader(cell, embedding)
        self.params = {**self.reader.params, **readout.params}

    def hidden_states(self, x, lengths=None):
        """h_1 .. h_T of the cell (of the encoder) that reads x: (T, B, H), with Bidirectional (T, B, 2H)."""
        return self.reader.forward(x, lengths)[0]


class ManyToOne(_ReadingModel):
    """Read the whole sequence, answer once, from the last state. target: (B,) classes or (B, K) numbers.

    The cell may be Bidirectional: then the last states of both directions are read. It may be any `Layer`, too.
    """

    def predict(self, x, lengths=None):
        """The outputs y (B, K): scores of the K classes, or K numbers."""
        _, last, _ = self.reader.forward(x, lengths)
        return self.readout.forward(self.cell.hidden(last))

    def loss_and_gradients(self, batch):
        """(loss, gradients like params) of a batch (x, target) or (x, target, lengths)."""
        x, target, lengths = _unpack(batch)
        _, last, back = self.reader.forward(x, lengths)
        h_last = self.cell.hidden(last)                      # (B, H)
        loss, dy = self.readout.loss(self.readout.forward(h_last), target)
        grads_y, dh_last = self.readout.backward(dy, h_last)
        d_last = np.zeros_like(last)
        self.cell.hidden(d_last)[...] = dh_last
        return loss, {**back(d_last=d_last), **grads_y}             # the loss touches the last state alone


class ManyToMany(_ReadingModel):
    """Answer at every step, from the state of that step. target: (T, B) classes or (T, B, K) numbers.

    The cell may be Bidirectional: then every answer has seen the whole sequence. It may be any `Layer`, too.
    """

    def predict(self, x, lengths=None):
        """The outputs y (T, B, K) at every step; those after a sequence's end mean nothing."""
        return self.readout.forward(self.hidden_states(x, lengths))

    def loss_and_gradients(self, batch):
        """(loss, gradients like params) of a batch (x, target) or (x, target, lengths), padding left out."""
        x, target, lengths = _unpack(batch)
        h, _, back = self.reader.forward(x, lengths)                # (T, B, H)
        mask = None if lengths is None else mask_of(lengths, len(x))
        loss, dy = self.readout.loss(self.readout.forward(h), target, mask)
        grads_y, dh = self.readout.backward(dy, h)                  # the loss touches every state
        return loss, {**back(dh=dh), **grads_y}


class _WritingModel:
    """What the models that write share: `writer`."""

    def step(self, tokens, state):
        """(scores of the next token (B, K), new state) after reading tokens (B,)."""
        _check.whole_numbers("tokens", tokens, {"B": None}, 0, self.readout.output_size - 1)
        return self.writer.step(tokens, state)

    def teacher_forced(self, tokens, state_0):
        """(scores (T, B, K), states (T+1, B, H)) while tokens (T, B) are read from state_0 on.

        scores[t] are those of the token after tokens[:t + 1]; tokens[0] is usually `start`.
        """
        _check.whole_numbers("tokens", tokens, {"T": None, "B": None}, 0, self.readout.output_size - 1)
        states, _ = self.writer.forward(tokens, state_0)
        out, _, _ = self.writer.look(self.writer.cell.hidden(states)[1:], None)
        return self.readout.forward(out), states


class EncoderDecoder(_ReadingModel, _WritingModel):
    """Read a sequence into one context vector, then write another from it (Cho et al., Sutskever et al. 2014).

    The decoder starts from the encoder's last state and reads what was written so far, beginning with the
    token `start`; target (T, B) are tokens, each sequence closed by `end` and padded with it.

    Parameters
    ----------
    encoder, decoder : cells with states of one shape
    readout : Readout
        Its output_size K is the number of tokens the decoder knows, start and end among them.
    embedding, target_embedding : Embedding, optional
        For the tokens that the encoder and the decoder read. Without target_embedding the decoder reads
        one-hot vectors, and decoder.input_size = K.
    start, end : int
    attention : Attention, optional
        With it every step of the decoder looks back at all states of the encoder, and the readout, of hidden_size 2H, reads
        [g_t; c_t]; the recurrence stays as it is.
    """

    def __init__(self, encoder, decoder, readout, embedding=None, target_embedding=None, start=1, end=0, attention=None):
        _one_way("encoder", encoder)
        _one_way("decoder", decoder)
        if encoder is decoder or (embedding is not None and embedding is target_embedding):
            raise ValueError("encoder and decoder, and their embeddings, must be two each; "
                             "the same object was given twice")
        if encoder.state_shape(1) != decoder.state_shape(1):
            raise ValueError("encoder and decoder must have states of one shape, for one starts where the "
                             f"other ended; they were {encoder!r} and {decoder!r}")
        self.encoder, self.decoder, self.attention = encoder, decoder, _attention_for(decoder, attention)
        self.readout = _fitting(readout, attention or decoder)
        self.embedding, self.target_embedding = embedding, target_embedding
        self.reader = _Reader(encoder, embedding)
        self.writer = _Writer(decoder, readout, target_embedding, start, end, attention)
        self.params = {**_prefixed("encoder", self.reader.params), **_prefixed("decoder", self.writer.params)}

    def context(self, x, lengths=None):
        """The encoder's last state (B, H), LSTM (2, B, H): all that the decoder will know of x."""
        return self.reader.forward(x, lengths)[1]

    def predict(self, x, lengths=None, max_length=30):
        """What the decoder writes by itself, always the likeliest token: (L, B), padded with `end`."""
        step, context = self.writing(x, lengths)
        return generation.greedy(step, context, self.writer.start, self.writer.end, max_length)

    def writing(self, x, lengths=None):
        """(step, context): what `greedy`, `beam_search` and `sample` take to write from x. With attention `step` looks at x."""
        h, context, _ = self.reader.forward(x, lengths)
        return functools.partial(self.writer.step, seen=(h, lengths)), context

    def weights(self, x, target, lengths=None):
        """Where each step of the decoder looks, with teacher forcing: (T, B, S), each row adds up to 1."""
        if self.writer.attention is None:
            raise ValueError("attention must be given to the model before it has weights; it was None")
        h, context, _ = self.reader.forward(x, lengths)
        g, _, _ = self.writer.states(target, context)
        return self.writer.look(g, (h, lengths))[1]

    def loss_and_gradients(self, batch):
        """(loss, gradients like params) of a batch (x, target) or (x, target, lengths of x), teacher-forced."""
        x, target, lengths = _unpack(batch)
        h, context, back = self.reader.forward(x, lengths)
        loss, grads, d_context, dh = self.writer.loss_and_gradients(target, context, (h, lengths))
        return loss, {**_prefixed("encoder", back(dh, d_context)), **_prefixed("decoder", grads)}


class OneToMany(_WritingModel):
    """Write a sequence from one input v (B, V): h_0 = tanh(W_v v + b_v), c_0 = 0; target as for EncoderDecoder.

    Parameters
    ----------
    cell, readout, embedding, start, end :
        As for the decoder of EncoderDecoder.
    input_size : int, optional
        V; without it v is the first hidden state itself, (B, H).
    rng : numpy.random.Generator
        Draws W_v (H, V) and b_v (H,) uniformly from +-1/sqrt(V); needed with input_size.
    """

    def __init__(self, cell, readout, input_size=None, rng=None, embedding=None, start=1, end=0):
        _one_way("cell", cell)
        self.cell, self.readout, self.embedding = cell, _fitting(readout, cell), embedding
        self.writer, self.input_size = _Writer(cell, readout, embedding, start, end), input_size
        self.params = dict(self.writer.params)
        if input_size is not None:
            bound = 1 / np.sqrt(_check.whole("input_size", input_size, 1))
            _check.generator(rng)
            self.params |= {"W_v": rng.uniform(-bound, bound, (cell.hidden_size, input_size)),
                            "b_v": rng.uniform(-bound, bound, cell.hidden_size)}

    def first_state(self, v):
        """v (B, V) -> state_0 (B, H), LSTM (2, B, H)."""
        state_0 = self.writer.cell.zero_state(len(_check.floats("v", v, {"B": None, "V": self.input_size})))
        h_0 = self.writer.cell.hidden(state_0)                      # a view
        if self.input_size is None:
            _check.floats("v", v, {"B": None, "H": h_0.shape[1]})
        h_0[...] = v if self.input_size is None else np.tanh(v @ self.params["W_v"].T + self.params["b_v"])
        return state_0

    def predict(self, v, max_length=30):
        """What the cell writes by itself, always the likeliest token: (L, B), padded with `end`."""
        return generation.greedy(self.step, self.first_state(v), self.writer.start, self.writer.end, max_length)

    def sample(self, v, rng, temperature=1.0, top_k=None, max_length=30, top_p=None):
        """One draw for each v: (tokens (L, B), the probabilities drawn from (L, B, K)); see `rnnlib.probabilities`."""
        return generation.sample(self.step, self.first_state(v), self.writer.start, self.writer.end,
                                 max_length, rng, temperature, top_k, top_p)

    def loss_and_gradients(self, batch):
        """(loss, gradients like params) of a batch (v, target), with teacher forcing."""
        v, target, _ = _unpack(batch)
        state_0 = self.first_state(v)
        loss, grads, d_state_0, _ = self.writer.loss_and_gradients(target, state_0)
        if self.input_size is not None:
            hidden = self.writer.cell.hidden
            da = hidden(d_state_0) * (1 - hidden(state_0) ** 2)
            grads |= {"W_v": da.T @ v, "b_v": da.sum(axis=0)}
        return loss, grads


class _Reader:
    """The reading half of a wiring: a cell (or Bidirectional) and, for tokens, an embedding before it."""

    def __init__(self, cell, embedding=None):
        self.cell, self.embedding = cell, _embedding_for(cell, embedding)
        self.params = {**cell.params, **(embedding.params if embedding else {})}

    def forward(self, x, lengths):
        """h (T, B, H), the last state, and a function back(dh=None, d_last=None) -> gradients of params."""
        vectors = self.embedding.forward(x) if self.embedding else x
        if _is_layer(self.cell):
            h, cache = self.cell.forward(vectors, lengths)
            last = self.cell.last(cache)
        else:
            states, cache = forward(self.cell, vectors, lengths=lengths)
            h, last = self.cell.hidden(states)[1:], states[-1]

        def back(dh=None, d_last=None):
            dh = np.zeros(h.shape) if dh is None else dh
            if _is_layer(self.cell):
                params, dx = self.cell.backward(dh, cache, d_last)
            else:
                params, dx, *_ = bptt(self.cell, dh, cache, d_last)
            return {**params, **(self.embedding.backward(dx, x) if self.embedding else {})}

        return h, last, back


class _Writer:
    """The writing half: a cell that reads the token it wrote last, and a readout that proposes the next."""

    def __init__(self, cell, readout, embedding, start, end, attention=None):
        self.cell, self.readout, self.attention = cell, readout, attention
        self.embedding = _embedding_for(cell, embedding, readout.output_size)
        self.start, self.end = (_check.whole(name, token, 0, readout.output_size - 1)
                                for name, token in (("start", start), ("end", end)))
        if not embedding and cell.input_size != readout.output_size:
            raise ValueError("without an embedding the writing cell reads one-hot tokens: its input_size must be "
                             f"the readout's output_size {readout.output_size}; it was {cell.input_size}")
        self.params = {**cell.params, **readout.params, **(embedding.params if embedding else {}),
                       **(attention.params if attention else {})}

    def vectors(self, tokens):
        """What the cell reads for tokens (T, B): (T, B, D)."""
        return self.embedding.forward(tokens) if self.embedding else np.eye(self.readout.output_size)[tokens]

    def step(self, tokens, state, seen=None):
        """(scores of the next token (B, K), new state) after reading tokens (B,)."""
        state = self.cell.step(self.vectors(tokens[None])[0], state)
        out, _, _ = self.look(self.cell.hidden(state)[None], seen)
        return self.readout.forward(out[0]), state

    def forward(self, tokens, state_0):
        """(states, cache) of the cell while it reads tokens (T, B)."""
        return forward(self.cell, self.vectors(tokens), state_0)

    def look(self, g, seen):
        """What the readout reads of states g (T, B, H): g, or with attention [g; c] (T, B, 2H), the weights, the cache."""
        if self.attention is None:
            return g, None, None
        if seen is None:
            raise ValueError("with attention, step must come from the model's writing(x, lengths): this one has no x to look at")
        h, lengths = seen
        mask = None if lengths is None else mask_of(lengths, len(h)).T[None]        # (1, B, S)
        if h.shape[1] == 1:                                         # a beam: several write from one x
            h = np.repeat(h, g.shape[1], axis=1)
        return self.attention.forward(g, h, mask)

    def states(self, target, state_0):
        """g_1 .. g_T (T, B, H) with teacher forcing, step t reads the target of step t - 1; the cache; what was read (T, B)."""
        _check.whole_numbers("target", target, {"T": None, "B": state_0.shape[-2]}, 0, self.readout.output_size - 1)
        read = read_with_forcing(target, self.start)
        states, cache = self.forward(read, state_0)
        return self.cell.hidden(states)[1:], cache, read

    def loss_and_gradients(self, target, state_0, seen=None):
        """(loss, gradients of params, dL/d state_0, dL/dh of the encoder's states or None) with teacher forcing."""
        g, cache, read = self.states(target, state_0)
        mask = up_to_end(target, self.end)
        out, _, kept = self.look(g, seen)
        loss, dy = self.readout.loss(self.readout.forward(out), target, mask)
        grads_y, dout = self.readout.backward(dy, out)
        grads_a, dg, dh = self.attention.backward(dout, kept) if self.attention else ({}, dout, None)
        grads = bptt(self.cell, dg, cache)
        grads_e = self.embedding.backward(grads.x, read) if self.embedding else {}
        return loss, {**grads.params, **grads_y, **grads_e, **grads_a}, grads.states[0], dh


def read_with_forcing(target, start):
    """What a writer reads with teacher forcing (T, B): at step t the target (T, B) of step t - 1, at the first `start`."""
    return np.concatenate([np.full_like(target[:1], start), target[:-1]])


def up_to_end(target, end):
    """Which entries of a target (T, B) count, bool (T, B): those up to and including each sequence's first `end`."""
    ends = target == end
    return np.cumsum(ends, axis=0) - ends == 0


def _fitting(readout, cell):
    if readout.hidden_size != cell.hidden_size:
        raise ValueError(f"readout must have hidden_size {cell.hidden_size}, the cell's; "
                         f"it had {readout.hidden_size}")
    return readout


def _embedding_for(cell, embedding, least=1):
    if embedding is not None:
        V, D = embedding.params["W_e"].shape
        if D != cell.input_size or V < least:
            raise ValueError(f"embedding must have size {cell.input_size}, the cell's input_size, and a "
                             f"vocabulary_size of at least {least}; it had size {D} and vocabulary_size {V}")
    return embedding


def _one_way(name, cell):
    if _is_layer(cell):
        raise ValueError(f"{name} must be one cell that reads in one direction; it was a {type(cell).__name__}")


def _attention_for(decoder, attention):
    if attention is not None:
        if not isinstance(attention, Attention):
            raise TypeError(f"attention must be an Attention or None; it was {attention!r}")
        if attention.input_size != decoder.hidden_size:
            raise ValueError(f"attention must have the cells' hidden_size {decoder.hidden_size}; it was {attention!r}")
    return attention


def _is_layer(cell):
    return isinstance(cell, (Bidirectional, Layer))


def _unpack(batch):
    if not isinstance(batch, tuple) or len(batch) not in (2, 3):
        size = f" of {len(batch)}" if isinstance(batch, tuple) else ""
        raise ValueError("batch must be a tuple (x, target) or (x, target, lengths); "
                         f"it was a {type(batch).__name__}{size}")
    return (*batch, None) if len(batch) == 2 else batch
