"""The four wirings, and writing token by token: gradients, and every loop against one written out plainly.

The same models built in torch are in test_torch_parity.py.
"""

# Each lambda is called within its own turn of the loop.
# ruff: noqa: B023

import itertools

import numpy as np
import pytest

import rnnlib
from rnnlib import (
    Embedding,
    EncoderDecoder,
    ManyToMany,
    ManyToOne,
    OneToMany,
    Readout,
    beam_search,
    gradient_check,
    greedy,
    probabilities,
    sample,
    squared_error,
)

from .helpers import (
    CELLS,
    KINDS,
    assert_close,
    assert_same,
    copies,
    make_bidirectional,
    make_cell,
    stir,
)
from .test_bad_input import refused

LIMIT = 1e-7
START, END = 1, 0
T, B, D, H, K, V = 4, 3, 3, 2, 4, 5             # K tokens are written, V tokens (or numbers) are read
LENGTHS = np.array([2, 4, 1])
# the second of three sequences never ends, the third ends at once; the tokens after an end mean nothing
TARGET = np.array([[2, 3, END],
                   [3, 2, START],
                   [END, 2, 2],
                   [3, 3, END],
                   [END, START, 3]])
READERS = {"one": ManyToOne, "many": ManyToMany}
FOUR = ["one", "many", "encoder-decoder", "one to many"]


def make_reader(pattern, kind, rng, embedded=False, loss=None, hidden=H):
    """ManyToOne or ManyToMany; the kind "both" is an LSTM one way and a GRU the other."""
    cell = make_bidirectional("lstm", "gru", D, 1, hidden, rng) if kind == "both" else make_cell(kind, D, hidden, rng)
    return stir(READERS[pattern](cell, Readout(cell.hidden_size, K, rng, loss), Embedding(V, D, rng) if embedded else None), rng)


def make_encoder_decoder(kind, rng, embedded=False, scale=0.7, start=START, end=END, hidden=H):
    embeddings = (Embedding(V, D, rng), Embedding(K, D, rng)) if embedded else (None, None)
    cells = CELLS[kind](D, hidden, rng), CELLS[kind](D if embedded else K, hidden, rng)
    return stir(EncoderDecoder(*cells, Readout(hidden, K, rng), *embeddings, start=start, end=end), rng, scale)


def make_one_to_many(kind, rng, embedded=False, from_features=True, scale=0.7, start=START, end=END, hidden=H):
    cell = CELLS[kind](D if embedded else K, hidden, rng)
    return stir(OneToMany(cell, Readout(hidden, K, rng), V if from_features else None, rng,
                          Embedding(K, D, rng) if embedded else None, start, end), rng, scale)


def make(pattern, kind, rng, embedded=False, **settings):
    if pattern in READERS:
        return make_reader(pattern, kind, rng, embedded, **settings)
    return {"encoder-decoder": make_encoder_decoder, "one to many": make_one_to_many}[pattern](kind, rng, embedded, **settings)


def read_by(embedded, rng):
    """What a reader is given: tokens of which some come twice, or vectors."""
    return rng.integers(V, size=(T, B)) if embedded else rng.normal(size=(T, B, D))


def make_batch(pattern, rng, embedded=False, lengths=None):
    if pattern == "one to many":
        return rng.normal(size=(B, V)), TARGET
    x = read_by(embedded, rng)
    target = {"one": rng.integers(K, size=B), "many": rng.integers(K, size=(T, B)), "encoder-decoder": TARGET}[pattern]
    return (x, target) if lengths is None else (x, target, lengths)


def check_gradients(model, batch):
    before = copies(model.params)
    loss, grads = model.loss_and_gradients(batch)
    assert isinstance(loss, float) and set(grads) == set(model.params)
    for name, array in model.params.items():
        assert np.abs(grads[name]).max() > 1e-6, f"{name} is not reached: nothing would be checked"
        worst = gradient_check(lambda: model.loss_and_gradients(batch)[0], {name: array}, {name: grads[name]})
        assert worst < LIMIT, f"{name} is off by {worst:.1e}"
    assert_same(model.params, before)


# gradients of every number in every parameter

@pytest.mark.parametrize("pattern, kind", list(itertools.product(READERS, [*KINDS, "both"])))
@pytest.mark.parametrize("embedded", [False, True])
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["equal", "unequal"])
def test_gradients_of_readers(pattern, kind, embedded, lengths):
    rng = np.random.default_rng(0)
    check_gradients(make_reader(pattern, kind, rng, embedded), make_batch(pattern, rng, embedded, lengths))


@pytest.mark.parametrize("pattern", READERS)
def test_gradients_of_readers_that_answer_in_numbers(pattern):
    rng = np.random.default_rng(1)
    model = make_reader(pattern, "both", rng, embedded=True, loss=squared_error)
    target = rng.normal(size=(B, K) if pattern == "one" else (T, B, K))
    check_gradients(model, (read_by(True, rng), target, LENGTHS))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("embedded, lengths", [(False, None), (True, LENGTHS)], ids=["vectors", "tokens of unequal length"])
def test_gradients_of_the_encoder_and_decoder(kind, embedded, lengths):
    rng = np.random.default_rng(2)
    check_gradients(make_encoder_decoder(kind, rng, embedded), make_batch("encoder-decoder", rng, embedded, lengths))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("embedded, from_features", [(False, True), (True, False)], ids=["features", "embedding"])
def test_gradients_of_one_to_many(kind, embedded, from_features):
    rng = np.random.default_rng(3)
    model = make_one_to_many(kind, rng, embedded, from_features)
    check_gradients(model, (rng.normal(size=(B, V if from_features else H)), TARGET))


def test_the_target_has_what_these_tests_need():
    """Sequences that end at different steps, one of them never, with tokens other than `end` after an end."""
    first = [list(tokens).index(END) if END in tokens else None for tokens in TARGET.T]
    assert first == [2, None, 0] and (TARGET[3:, 0] != END).any() and (TARGET[1:, 2] != END).any()


@pytest.mark.parametrize("shared", ["cell", "embedding"])
def test_a_part_used_twice_is_refused_or_gets_both_gradients(shared):
    """One array under two names: each name's gradient would be half of the truth."""
    rng = np.random.default_rng(4)
    cells, embeddings = [make_cell("gru", D, H, rng) for _ in range(2)], [Embedding(K, D, rng) for _ in range(2)]
    if shared == "cell":
        cells[1] = cells[0]
    else:
        embeddings[1] = embeddings[0]
    try:
        model = EncoderDecoder(*cells, Readout(H, K, rng), *embeddings, start=START, end=END)
    except ValueError as refusal:
        assert ("decoder" if shared == "cell" else "embedding") in str(refusal)
        return
    check_gradients(model, (rng.integers(K, size=(T, B)), TARGET))


# the loss, step by step

@pytest.mark.parametrize("pattern, kind", list(itertools.product(READERS, ["lstm", "both"])))
@pytest.mark.parametrize("embedded", [False, True])
def test_readers_treat_each_sequence_as_if_it_were_alone(pattern, kind, embedded):
    rng = np.random.default_rng(30)
    model = make_reader(pattern, kind, rng, embedded)
    x, target, _ = batch = make_batch(pattern, rng, embedded, LENGTHS)
    y, surprises = model.predict(x, LENGTHS), []
    for b, n in enumerate(LENGTHS):
        alone = model.predict(x[:n, b:b + 1])
        if pattern == "one":
            assert_close(y[b], alone[0], 1e-14)
            pairs = [(alone[0], target[b])]
        else:
            assert_close(y[:n, b], alone[:, 0], 1e-14)
            pairs = zip(alone[:, 0], target[:n, b])
        surprises += [np.log(np.exp(scores).sum()) - scores[k] for scores, k in pairs]
    assert len(surprises) == {"one": B, "many": LENGTHS.sum()}[pattern]
    assert abs(model.loss_and_gradients(batch)[0] - np.mean(surprises)) < 1e-13


def pieces(model, pattern, rng, embedded):
    """(the writing cell, readout, vectors of its tokens, v or x, first state of each sequence by itself)."""
    if pattern == "one to many":
        v, params = rng.normal(size=(B, V)), model.params
        cell, starts = model.writer.cell, []
        for b in range(B):
            h_0 = np.tanh(params["W_v"] @ v[b] + params["b_v"])[None]
            starts.append(np.stack([h_0, np.zeros_like(h_0)]) if cell.state_parts == 2 else h_0)
        given, W_e, W_y, b_y = v, params.get("W_e"), params["W_y"], params["b_y"]
    else:
        x, params = read_by(embedded, rng), model.params
        cell, encoder, starts = model.writer.cell, model.reader.cell, []
        for b in range(B):
            state = encoder.zero_state(1)
            for t in range(LENGTHS[b]):
                state = encoder.step(params["encoder.W_e"][x[t, b]][None] if embedded else x[t, b][None], state)
            starts.append(state)
        given, W_e, W_y, b_y = x, params.get("decoder.W_e"), params["decoder.W_y"], params["decoder.b_y"]
    table = np.eye(K) if W_e is None else W_e
    return cell, lambda h: h[0] @ W_y.T + b_y, table, given, starts


@pytest.mark.parametrize("pattern", ["encoder-decoder", "one to many"])
@pytest.mark.parametrize("kind, embedded", [("rnn", False), ("lstm", True), ("gru", False), ("lstm", False)])
def test_teacher_forcing_against_a_loop(pattern, kind, embedded):
    """-log p of each right token, reading the right token before it, up to and with the first `end`."""
    rng = np.random.default_rng(5)
    model = make(pattern, kind, rng, embedded)
    cell, scores_of, table, given, starts = pieces(model, pattern, rng, embedded)
    surprises = []
    for b, state in enumerate(starts):
        before = START
        for token in TARGET[:, b]:
            state = cell.step(table[before][None], state)
            scores = scores_of(cell.hidden(state))
            surprises.append(np.log(np.exp(scores).sum()) - scores[token])
            if token == END:
                break
            before = token
    assert len(surprises) == 3 + 5 + 1
    batch = (given, TARGET) if pattern == "one to many" else (given, TARGET, LENGTHS)
    assert abs(model.loss_and_gradients(batch)[0] - np.mean(surprises)) < 1e-13


@pytest.mark.parametrize("pattern", ["encoder-decoder", "one to many"])
@pytest.mark.parametrize("embedded", [False, True])
def test_what_comes_after_the_first_end_changes_nothing(pattern, embedded):
    rng = np.random.default_rng(6)
    model, batch = make(pattern, "gru", rng, embedded), make_batch(pattern, rng, embedded)
    loss, grads = model.loss_and_gradients(batch)
    after = np.zeros(TARGET.shape, bool)
    after[3:, 0] = after[1:, 2] = True
    for other in (np.where(after, END, TARGET), np.where(after, 2, TARGET), np.where(after, START, TARGET)):
        loss_2, grads_2 = model.loss_and_gradients((batch[0], other))
        assert loss_2 == loss
        assert_same(grads_2, grads)
    for t, b in zip(*np.nonzero(~after)):                          # and everything before does count, the end too
        other = TARGET.copy()
        other[t, b] = 3 if TARGET[t, b] != 3 else 2
        assert abs(model.loss_and_gradients((batch[0], other))[0] - loss) > 1e-6, (t, b)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("embedded", [False, True])
def test_the_context_is_each_sequence_s_own(kind, embedded):
    rng = np.random.default_rng(7)
    model, x = make_encoder_decoder(kind, rng, embedded), read_by(embedded, rng)
    context = model.context(x, LENGTHS)
    _, _, _, _, starts = pieces(model, "encoder-decoder", np.random.default_rng(0), embedded)
    assert context.shape == (*starts[0].shape[:-2], B, H)
    for b, n in enumerate(LENGTHS):
        assert_close(context[..., b:b + 1, :], model.context(x[:n, b:b + 1]), 1e-14)
        written = model.predict(x[:n, b:b + 1], max_length=6)
        np.testing.assert_array_equal(model.predict(x, LENGTHS, max_length=6)[:len(written), b], written[:, 0])
    assert np.abs(context - model.context(x)).max() > 1e-3          # and the lengths do matter
    padded = np.where((np.arange(T)[:, None] < LENGTHS).reshape(T, B, *[1] * (x.ndim - 2)), x, 1)
    assert (padded != x).any()
    assert_same(model.context(padded, LENGTHS), context)
    assert_same(model.loss_and_gradients((padded, TARGET, LENGTHS))[1], model.loss_and_gradients((x, TARGET, LENGTHS))[1])


# first states

@pytest.mark.parametrize("kind", KINDS)
def test_the_first_state_of_one_to_many(kind):
    rng = np.random.default_rng(8)
    model, v = make_one_to_many(kind, rng), rng.normal(size=(B, V))
    h_0 = np.array([np.tanh(model.params["W_v"] @ row + model.params["b_v"]) for row in v])
    state_0 = model.first_state(v)
    assert_close(state_0, np.stack([h_0, np.zeros((B, H))]) if kind == "lstm" else h_0, 1e-15)

    model, v = make_one_to_many(kind, rng, from_features=False), rng.normal(size=(B, H))
    before, state_0 = v.copy(), model.first_state(v)
    np.testing.assert_array_equal(state_0, np.stack([v, np.zeros((B, H))]) if kind == "lstm" else v)
    state_0 += 1
    np.testing.assert_array_equal(v, before)


def test_the_weights_of_the_features_are_drawn_as_said():
    model = OneToMany(CELLS["rnn"](K, 80, np.random.default_rng(0)), Readout(80, K, np.random.default_rng(1)), 50,
                      np.random.default_rng(9))
    W_v, b_v = model.params["W_v"], model.params["b_v"]
    assert W_v.shape == (80, 50) and b_v.shape == (80,)
    for array in (W_v, b_v):
        assert 0.9 / np.sqrt(50) < np.abs(array).max() <= 1 / np.sqrt(50) and abs(array.mean()) < 0.2 / np.sqrt(50)


# Embedding

def test_embedding():
    rng = np.random.default_rng(10)
    embedding, tokens, dx = Embedding(V, D, rng), np.array([[0, 4], [4, 4], [2, 0]]), rng.normal(size=(3, 2, D))
    x = embedding.forward(tokens)
    assert x.shape == (3, 2, D)
    expected = np.zeros((V, D))
    for i in np.ndindex(tokens.shape):
        np.testing.assert_array_equal(x[i], embedding.params["W_e"][tokens[i]])
        expected[tokens[i]] += dx[i]
    assert_close(embedding.backward(dx, tokens), {"W_e": expected}, 1e-15)
    assert (expected[[1, 3]] == 0).all() and set(embedding.params) == {"W_e"}
    assert_same(embedding.forward(tokens.astype(np.uint8)), x)
    x += 1                                                          # what comes out is no view of the weights
    assert_close(embedding.forward(tokens) + 1, x, 1e-15)


def test_embedding_weights_have_deviation_one():
    W_e = Embedding(200, 50, np.random.default_rng(11)).params["W_e"]
    assert W_e.shape == (200, 50) and abs(W_e.std() - 1) < 0.03 and abs(W_e.mean()) < 0.03


# a look inside

@pytest.mark.parametrize("kind", [*KINDS, "both"])
@pytest.mark.parametrize("embedded", [False, True])
def test_hidden_states(kind, embedded):
    """What the readout is given: at every step by ManyToMany, at each sequence's end by the others."""
    rng = np.random.default_rng(21)
    many = make_reader("many", kind, rng, embedded)
    one, x = ManyToOne(many.cell, many.readout, many.embedding), read_by(embedded, rng)
    h = many.hidden_states(x, LENGTHS)
    assert h.shape == (T, B, many.cell.hidden_size)
    assert_same(many.readout.forward(h), many.predict(x, LENGTHS))
    assert_same(one.hidden_states(x, LENGTHS), h)
    if kind == "both":
        assert_same(h, many.cell.forward(many.embedding.forward(x) if embedded else x, LENGTHS)[0])
    else:
        assert_close(one.readout.forward(h[-1]), one.predict(x, LENGTHS), 1e-15)
        model = make_encoder_decoder(kind, rng, embedded)
        context = model.context(x, LENGTHS)
        assert_same(model.hidden_states(x, LENGTHS)[-1], model.encoder.hidden(context))


@pytest.mark.parametrize("pattern", ["encoder-decoder", "one to many"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("embedded", [False, True])
def test_step_and_teacher_forced_are_what_the_loss_and_predict_are_made_of(pattern, kind, embedded):
    rng = np.random.default_rng(22)
    model = make(pattern, kind, rng, embedded, scale=1.2)
    x, target = make_batch(pattern, rng, embedded)
    state_0 = model.first_state(x) if pattern == "one to many" else model.context(x)
    read = np.concatenate([np.full((1, B), START), target[:-1]])
    scores, states = model.teacher_forced(read, state_0)
    assert scores.shape == (len(read), B, K)
    state = state_0
    for t, tokens in enumerate(read):
        y, state = model.step(tokens, state)
        assert_close(scores[t], y, 1e-13)
        assert_close(states[t + 1], state, 1e-13)
    log_p = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    kept = [(t, b) for b in range(B) for t in range(len(target)) if END not in target[:t, b]]
    loss = -np.mean([log_p[t, b, target[t, b]] for t, b in kept])
    assert abs(loss - model.loss_and_gradients((x, target))[0]) < 1e-13
    assert_same(greedy(model.step, state_0, START, END, 30), model.predict(x))


# params

@pytest.mark.parametrize("pattern", FOUR)
@pytest.mark.parametrize("embedded", [False, True])
def test_params_are_the_live_arrays_each_with_a_name_of_its_own(pattern, embedded):
    rng = np.random.default_rng(12)
    model = make(pattern, "gru", rng, embedded)
    cell = {"W_x", "W_h", "b", "b_hn"}
    e = {"W_e"} if embedded else set()
    expected = {"one": cell | e | {"W_y", "b_y"}, "many": cell | e | {"W_y", "b_y"},
                "one to many": cell | e | {"W_y", "b_y", "W_v", "b_v"},
                "encoder-decoder": {f"encoder.{n}" for n in cell | e} | {f"decoder.{n}" for n in cell | e | {"W_y", "b_y"}}}
    assert set(model.params) == expected[pattern]
    assert len({id(array) for array in model.params.values()}) == len(model.params)
    sides = {"": model} if pattern in READERS or pattern == "one to many" else {"encoder.": model.reader,
                                                                               "decoder.": model.writer}
    for prefix, side in sides.items():
        side = side if side is not model else model.writer if pattern == "one to many" else model.reader
        parts = [side.cell, side.embedding, model.readout if prefix != "encoder." else None]
        for part in parts:
            for name, array in (part.params if part else {}).items():
                assert model.params[prefix + name] is array, name
    batch = make_batch(pattern, rng, embedded)
    loss = model.loss_and_gradients(batch)[0]
    for name, array in model.params.items():                        # and the model sees what is written into them
        array += 0.1 * rng.normal(size=array.shape)
        changed = model.loss_and_gradients(batch)[0]
        assert abs(changed - loss) > 1e-9, name
        loss = changed


def test_params_of_both_directions():
    model = make_reader("one", "both", np.random.default_rng(13), embedded=True)
    assert set(model.params) == {*(f"forward.{n}" for n in ("W_x", "W_h", "b")), "W_e", "W_y", "b_y",
                                 *(f"backward.{n}" for n in ("W_x", "W_h", "b", "b_hn"))}
    assert len({id(array) for array in model.params.values()}) == len(model.params)


@pytest.mark.parametrize("pattern", FOUR)
def test_training_learns_a_batch_by_heart(pattern):
    rng = np.random.default_rng(14)
    embedded = pattern not in READERS                               # the same token may be asked for two answers
    model, batch = make(pattern, "gru", rng, embedded, hidden=8), make_batch(pattern, rng, embedded)
    losses = [loss for _, loss, _ in rnnlib.train(model, [batch], rnnlib.Adam(0.05), 200, clip=5.0)]
    assert losses[-1] < 0.1 * losses[0]
    answer = model.predict(batch[0])
    if pattern in READERS:
        np.testing.assert_array_equal(answer.argmax(axis=-1), batch[1])
    else:                                                           # what it was shown, and `end` after it
        np.testing.assert_array_equal(answer[:5], [[2, 3, 0], [3, 2, 0], [0, 2, 0], [0, 3, 0], [0, 1, 0]])


# greedy

@pytest.mark.parametrize("pattern", ["encoder-decoder", "one to many"])
@pytest.mark.parametrize("kind, embedded", [("rnn", False), ("lstm", True), ("gru", False)])
@pytest.mark.parametrize("max_length", [1, 3, 12])
def test_predict_against_a_loop(pattern, kind, embedded, max_length):
    lengths = set()
    for seed in range(6):
        rng = np.random.default_rng(seed)
        model = make(pattern, kind, rng, embedded, scale=2, hidden=6)
        cell, scores_of, table, given, starts = pieces(model, pattern, rng, embedded)
        alone = []
        for state in starts:
            token, written = START, []
            while len(written) < max_length and (not written or token != END):
                state = cell.step(table[token][None], state)
                token = int(np.argmax(scores_of(cell.hidden(state))))
                written.append(token)
            alone.append(written)
        L = max(len(written) for written in alone)
        expected = np.array([written + [END] * (L - len(written)) for written in alone]).T
        more = () if pattern == "one to many" else (LENGTHS,)
        got = model.predict(given, *more, max_length=max_length)
        np.testing.assert_array_equal(got, expected)
        lengths |= {(len(written), written[-1] == END) for written in alone}
    if max_length == 12:                                                  # the loops did end, early and late and not at all
        assert (12, False) in lengths and len({n for n, ended in lengths if ended}) >= 2


def fixed(*rows):
    """A step that proposes rows[t] at step t, whatever it reads; its state (1, B, 2) counts the steps."""
    rows = np.array(rows, float)

    def step(tokens, state):
        return rows[state[0, :, 0].astype(int)], state + 1

    return step, lambda B: np.zeros((1, B, 2))


def test_greedy_ties_most_and_end():
    step, start_state = fixed([0, 2, 2], [0, 0, 1], [5, 5, 5], [0, 0, 1])
    np.testing.assert_array_equal(greedy(step, start_state(2), 1, 0, 4), [[1, 1], [2, 2], [0, 0]])   # ties: the first
    np.testing.assert_array_equal(greedy(step, start_state(1), 1, 0, 2), [[1], [2]])
    np.testing.assert_array_equal(greedy(step, start_state(1), 1, 2, 4), [[1], [2]])
    np.testing.assert_array_equal(greedy(step, start_state(1), 0, 0, 4), [[1], [2], [0]])            # start is no end


# beam search

def likely(step, state, tokens, start):
    """log p of these tokens one after another."""
    total, before = 0.0, start
    for token in tokens:
        scores, state = step(np.array([before]), state)
        total += scores[0, token] - np.log(np.exp(scores[0]).sum())
        before = token
    return total


def every_sequence(step, state, start, end, max_length, K):
    """All that can be written in `max_length` steps, likeliest first: the closed ones and, of full length, the open ones."""
    others = [token for token in range(K) if token != end]
    closed = [(*w, end) for n in range(max_length) for w in itertools.product(others, repeat=n)]
    found = [(likely(step, state, w, start), w[:-1]) for w in closed]
    found += [(likely(step, state, w, start), w) for w in itertools.product(others, repeat=max_length)]
    return sorted(found, key=lambda pair: -pair[0])


def plain_beam(step, state, start, end, max_length, width):
    """Beam search on lists, one sequence at a time, without stopping early."""
    open_ones, ended = [(0.0, (), state)], []
    for _ in range(max_length):
        longer = []
        for total, written, s in open_ones:
            scores, s_2 = step(np.array([written[-1] if written else start]), s)
            log_p = scores[0] - np.log(np.exp(scores[0]).sum())
            longer += [(total + log_p[k], (*written, k), s_2) for k in range(len(log_p))]
        longer = sorted(longer, key=lambda one: -one[0])[:width]
        ended += [(total, written[:-1]) for total, written, _ in longer if written[-1] == end]
        open_ones = [one for one in longer if one[1][-1] != end]
    return sorted(ended + [one[:2] for one in open_ones], key=lambda pair: -pair[0])[:width]


def same_sequences(got, expected):
    assert len(got) == len(expected)
    for (log_p, tokens), (log_p_2, tokens_2) in zip(got, expected):
        assert isinstance(log_p, float) and abs(log_p - log_p_2) < 1e-12
        np.testing.assert_array_equal(tokens, tokens_2)


def one_writer(kind, seed, start=START, end=END, hidden=3):
    rng = np.random.default_rng(seed)
    model = make_one_to_many(kind, rng, scale=1.2, start=start, end=end, hidden=hidden)
    return model, model.writer.step, model.first_state(rng.normal(size=(1, V)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("max_length", [1, 2, 7])
def test_a_beam_of_one_is_greedy(kind, max_length):
    endings = set()
    for seed in range(6):
        model, step, state = one_writer(kind, seed)
        [(log_p, tokens)] = beam_search(step, state, START, END, max_length, 1)
        written = greedy(step, state, START, END, max_length)[:, 0]
        ended = written[-1] == END
        np.testing.assert_array_equal(tokens, written[:-1] if ended else written)
        assert abs(log_p - likely(step, state, written, START)) < 1e-12
        endings.add(bool(ended))
    assert max_length == 1 or endings == {True, False}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("max_length", [1, 2, 3])
def test_a_wide_beam_finds_every_sequence(kind, max_length):
    for seed in range(2):
        _, step, state = one_writer(kind, seed)
        expected = every_sequence(step, state, START, END, max_length, K)
        assert abs(np.exp([log_p for log_p, _ in expected]).sum() - 1) < 1e-12      # nothing is missing from the list
        same_sequences(beam_search(step, state, START, END, max_length, len(expected)), expected)
        same_sequences(beam_search(step, state, START, END, max_length, 10 * len(expected)), expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [2, 3, 5])
def test_beam_search_against_a_plain_one(kind, width):
    better = 0
    for seed in range(4):
        _, step, state = one_writer(kind, seed, start=2, end=3)
        got = beam_search(step, state, 2, 3, 6, width)
        same_sequences(got, plain_beam(step, state, 2, 3, 6, width))
        for log_p, tokens in got:
            assert 3 not in tokens
            closed = abs(log_p - likely(step, state, [*tokens, 3], 2)) < 1e-12
            assert closed or (len(tokens) == 6 and abs(log_p - likely(step, state, tokens, 2)) < 1e-12)
        better += got[0][0] > beam_search(step, state, 2, 3, 6, 1)[0][0] + 1e-9
    assert better or width == 2                                     # width is worth something


def test_beam_search_sees_what_greedy_cannot():
    """0.6 then 0.5 is less than 0.4 then 0.9: the likeliest sequence does not begin with the likeliest token."""
    def step(tokens, state):
        p = {1: [1e-9, 1e-9, 0.6, 0.4], 2: [0.5, 0.2, 0.2, 0.1], 3: [0.9, 0.05, 0.03, 0.02]}
        return np.log([p[int(token)] for token in tokens]), state

    state = np.zeros((1, 1))
    np.testing.assert_array_equal(greedy(step, state, 1, 0, 5), [[2], [0]])
    (best, tokens), (second, tokens_2) = beam_search(step, state, 1, 0, 5, 2)
    np.testing.assert_array_equal(tokens, [3])
    np.testing.assert_array_equal(tokens_2, [2])
    np.testing.assert_allclose(np.exp([best, second]), [0.36, 0.30], rtol=1e-6)


def test_beam_search_ties_most_and_end():
    step, start_state = fixed([0, 2, 2], [0, 0, 1], [5, 5, 5], [0, 0, 1])
    for max_length in (1, 2, 3, 4):                                       # ties as greedy takes them: the first
        written = [token for token in greedy(step, start_state(1), 1, 0, max_length)[:, 0] if token != 0]
        np.testing.assert_array_equal(beam_search(step, start_state(1), 1, 0, max_length, 1)[0][1], written)
    even, start_state = fixed(*[[7.0, 7.0, 7.0]] * 3)
    got = beam_search(even, start_state(1), 1, 0, 1, 3)
    assert [list(tokens) for _, tokens in got] == [[], [1], [2]]
    np.testing.assert_allclose([log_p for log_p, _ in got], -np.log(3), rtol=1e-14)
    everything = beam_search(even, start_state(1), 1, 0, 2, 100)    # the likeliest first: [] alone took one step
    assert list(everything[0][1]) == [] and len(everything) == 7
    assert sorted(list(tokens) for _, tokens in everything) == [[], [1], [1, 1], [1, 2], [2], [2, 1], [2, 2]]
    surely_over, start_state = fixed([50.0, 0.0, 0.0])              # one step is all there is: a second would be an error
    [(log_p, tokens)] = beam_search(surely_over, start_state(1), 1, 0, 9, 1)
    assert abs(log_p) < 1e-20 and tokens.shape == (0,)


def test_a_beam_holds_only_what_is_possible():
    """-inf rules a token out: of three hypotheses asked for, those that cannot be are not made up."""
    never = -np.inf
    step, start_state = fixed([never, never, 3.0], [0.0, never, 0.0], [never, 1.0, never])
    got = beam_search(step, start_state(1), 1, 0, 3, 3)
    assert [list(tokens) for _, tokens in got] == [[2], [2, 2, 1]]
    np.testing.assert_allclose([log_p for log_p, _ in got], np.log(0.5), rtol=1e-14)
    for width in (1, 2, 3):
        [(log_p, tokens)] = beam_search(step, start_state(1), 1, 0, 1, width)
        assert log_p == 0 and list(tokens) == [2]
    np.testing.assert_array_equal(greedy(step, start_state(2), 1, 0, 1), [[2, 2]])
    tokens, p = sample(step, start_state(50), 1, 0, 3, np.random.default_rng(0))
    assert set(map(tuple, tokens.T)) == {(2, 0, 0), (2, 2, 1)}
    np.testing.assert_array_equal(p[0, 0], [0, 0, 1])
    np.testing.assert_array_equal(p[1, 0], [0.5, 0, 0.5])
    np.testing.assert_array_equal(probabilities(np.array([never, 1.0, 1.0, never]), 0.5, 3), [0, 0.5, 0.5, 0])


def test_beam_search_does_not_overflow():
    step, start_state = fixed([1e4, 0.0, 9999.0], [-1e4, -1e4, -9999.0])
    got = beam_search(step, start_state(1), 1, 0, 2, 4)
    assert [list(tokens) for _, tokens in got[:2]] == [[], [2, 2]]
    np.testing.assert_allclose(np.exp(got[0][0]), 1 / (1 + np.exp(-1)), rtol=1e-12)


# probabilities

def test_probabilities_in_closed_form():
    scores = np.log([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(probabilities(scores), [0.1, 0.2, 0.3, 0.4], rtol=1e-14)
    np.testing.assert_allclose(probabilities(scores, 0.5), np.array([1, 4, 9, 16]) / 30, rtol=1e-14)
    np.testing.assert_allclose(probabilities(scores, 2), np.sqrt([1, 2, 3, 4]) / np.sqrt([1, 2, 3, 4]).sum(), rtol=1e-14)
    np.testing.assert_allclose(probabilities(scores, top_k=2), [0, 0, 3 / 7, 4 / 7], rtol=1e-14)
    np.testing.assert_allclose(probabilities(scores, 0.5, 3), np.array([0, 4, 9, 16]) / 29, rtol=1e-14)
    np.testing.assert_array_equal(probabilities(scores, top_k=4), probabilities(scores))
    np.testing.assert_array_equal(probabilities(scores, 3.0, top_k=1), [0, 0, 0, 1])
    np.testing.assert_allclose(probabilities(scores + 5), probabilities(scores), rtol=1e-14)
    assert_same(scores, np.log([1.0, 2.0, 3.0, 4.0]))               # untouched


def test_probabilities_of_many_at_once():
    scores = np.random.default_rng(15).normal(size=(2, 3, 5))
    for k in (None, 1, 3, 5):
        p = probabilities(scores, 0.8, k)
        assert p.shape == scores.shape
        for i in np.ndindex(2, 3):
            by_hand = np.exp(scores[i] / 0.8)
            by_hand[np.argsort(scores[i])[:5 - (k or 5)]] = 0
            np.testing.assert_allclose(p[i], by_hand / by_hand.sum(), rtol=1e-13)


def test_the_nucleus_is_the_fewest_tokens_that_hold_the_share():
    scores = np.log([0.1, 0.4, 0.2, 0.3])
    for share, kept in ((0.1, [1]), (0.39, [1]), (0.45, [1, 3]), (0.69, [1, 3]), (0.75, [1, 2, 3]), (0.95, [0, 1, 2, 3])):
        by_hand = np.zeros(4)
        by_hand[kept] = np.exp(scores[kept])
        np.testing.assert_allclose(probabilities(scores, top_p=share), by_hand / by_hand.sum(), rtol=1e-12)
    np.testing.assert_array_equal(probabilities(scores, top_p=1.0), probabilities(scores))
    # at temperature 1/2 the shares are 1, 16, 4, 9 of 30, and after top_k = 3 they are 0, 16, 4, 9 of 29
    np.testing.assert_allclose(probabilities(scores, 0.5, top_p=0.84), [0, 16 / 29, 4 / 29, 9 / 29], rtol=1e-12)
    np.testing.assert_allclose(probabilities(scores, 0.5, 3, 0.84), [0, 0.64, 0, 0.36], rtol=1e-12)
    np.testing.assert_array_equal(probabilities(np.array([5.0, 1.0, 1.0, 0.0]), top_p=0.99)[1:3] > 0, True)
    assert_same(scores, np.log([0.1, 0.4, 0.2, 0.3]))               # untouched


def test_the_nucleus_of_many_at_once():
    scores = np.random.default_rng(17).normal(0, 2, size=(3, 4, 7))
    for share in (0.2, 0.6, 0.97, np.nextafter(1, 0)):
        p, all_of_it = probabilities(scores, top_p=share), probabilities(scores)
        for i in np.ndindex(3, 4):
            order = np.argsort(-scores[i])
            held = np.cumsum(all_of_it[i][order])
            n = 1 + int((held[:-1] < share).sum())                  # as few as hold the share
            by_hand = np.zeros(7)
            by_hand[order[:n]] = all_of_it[i][order[:n]]
            np.testing.assert_allclose(p[i], by_hand / by_hand.sum(), rtol=1e-12)


@pytest.mark.parametrize("temperature", [1e-3, 1e-300, np.nextafter(0, 1)])
def test_a_low_temperature_leaves_the_largest_alone(temperature):
    np.testing.assert_array_equal(probabilities(np.array([1.0, 3.0, 2.0]), temperature), [0, 1, 0])
    np.testing.assert_array_equal(probabilities(np.array([3.0, 3.0, 2.0]), temperature), [0.5, 0.5, 0])


@pytest.mark.parametrize("temperature", [1e9, 1e300])
def test_a_high_temperature_gives_equal_shares(temperature):
    np.testing.assert_allclose(probabilities(np.array([1.0, 3.0, 2.0, -4.0]), temperature), 0.25, rtol=1e-8)
    np.testing.assert_allclose(probabilities(np.array([1.0, 3.0, 2.0]), temperature, 2), [0, 0.5, 0.5], rtol=1e-8)


def test_probabilities_ties():
    """Equal scores get equal shares, at the edge of the k likeliest too."""
    np.testing.assert_array_equal(probabilities(np.array([2.0, 2.0, 2.0, 2.0])), [0.25] * 4)
    p = probabilities(np.array([5.0, 1.0, 1.0, 0.0]), top_k=2)
    assert p[1] == p[2] and p[0] > p[1] and p[3] == 0 and abs(p.sum() - 1) < 1e-15


@pytest.mark.parametrize("size", [1e3, 1e5, 1e300])
def test_probabilities_do_not_overflow(size):
    np.testing.assert_allclose(probabilities(np.array([size, size, -size])), [0.5, 0.5, 0], rtol=1e-15)
    np.testing.assert_allclose(probabilities(np.array([-size, -size])), [0.5, 0.5], rtol=1e-15)
    np.testing.assert_allclose(probabilities(np.array([-size, -size, -2 * size]), 0.5, 2), [0.5, 0.5, 0], rtol=1e-15)


# sample

LIMIT_CHI_SQUARE = {1: 15.2, 2: 18.5, 4: 23.6}       # by degrees of freedom; exceeded by chance once in 10 000 times


def surprise(counts, p):
    """Pearson's chi-square of counts, and its degrees of freedom; what cannot happen must not have happened."""
    counts, p = np.asarray(counts, float), np.asarray(p)
    assert (counts[p == 0] == 0).all()
    expected = counts.sum() * p[p > 0]
    return ((counts[p > 0] - expected) ** 2 / expected).sum(), (p > 0).sum() - 1


@pytest.mark.parametrize("temperature, top_k, top_p", [(1.0, None, None), (0.5, None, None), (2.5, None, None), (1.0, 3, None),
                                                       (2.0, 3, None), (1.0, None, 0.7)])
def test_samples_come_as_often_as_their_probabilities_say(temperature, top_k, top_p):
    scores, many = np.log([0.05, 0.3, 0.1, 0.35, 0.2]), 20_000
    step, start_state = fixed(scores, -scores)
    tokens, drawn_from = sample(step, start_state(many), 1, 0, 2, np.random.default_rng(16), temperature, top_k, top_p=top_p)
    for t, row in enumerate((scores, -scores)):
        p = np.exp(row / temperature)
        if top_k is not None:
            p[np.argsort(row)[:5 - top_k]] = 0
        p /= p.sum()
        if top_p is not None:
            order = np.argsort(-p)
            p[order[1 + np.searchsorted(np.cumsum(p[order]), top_p):]] = 0
            p /= p.sum()
        np.testing.assert_allclose(drawn_from[t], np.tile(p, (many, 1)), rtol=1e-12)
        running = np.ones(many, bool) if t == 0 else tokens[0] != 0
        found, freedom = surprise(np.bincount(tokens[t, running], minlength=5), p)
        assert found < LIMIT_CHI_SQUARE[freedom], f"step {t}: {found:.1f}"
        if t == 1:                                                  # the second draw knows nothing of the first
            for first in set(tokens[0]) - {0}:
                found, freedom = surprise(np.bincount(tokens[1, tokens[0] == first], minlength=5), p)
                assert found < LIMIT_CHI_SQUARE[freedom], f"after {first}: {found:.1f}"


@pytest.mark.parametrize("kind", KINDS)
def test_sample_of_a_model(kind):
    """The probabilities that come back belong to the tokens before; after an end comes `end`; rng alone decides."""
    rng = np.random.default_rng(17)
    model, many = make_one_to_many(kind, rng), 40
    v, before = rng.normal(size=(many, V)), np.random.get_state()[1].copy()
    tokens, drawn_from = model.sample(v, np.random.default_rng(1), 1.3, 3, max_length=4)
    assert tokens.shape == (4, many) and drawn_from.shape == (4, many, K)
    lengths = set()
    for b in range(many):
        state, last = model.first_state(v[b:b + 1]), START
        for t in range(4):
            state = model.writer.cell.step(np.eye(K)[[last]], state)
            scores = model.params["W_y"] @ model.writer.cell.hidden(state)[0] + model.params["b_y"]
            np.testing.assert_allclose(drawn_from[t, b], probabilities(scores, 1.3, 3), rtol=1e-12)
            last = tokens[t, b]
            assert drawn_from[t, b, last] > 0
            if last == END:
                assert (tokens[t:, b] == END).all()
                break
        lengths.add((t + 1, last == END))
    assert lengths >= {(1, True), (2, True), (4, False)}
    for draw, same in ((np.random.default_rng(1), True), (np.random.default_rng(2), False)):
        assert np.array_equal(model.sample(v, draw, 1.3, 3, max_length=4)[0], tokens) is same
    assert_same(np.random.get_state()[1], before)


def test_sample_stops_when_all_have_ended():
    step, start_state = fixed([0.0, 0.0, 50.0], [50.0, 0.0, 0.0])
    tokens, drawn_from = sample(step, start_state(3), 1, 0, 9, np.random.default_rng(18))
    np.testing.assert_array_equal(tokens, [[2, 2, 2], [0, 0, 0]])
    assert drawn_from.shape == (2, 3, 3)


def test_sample_without_choice_is_greedy():
    for seed in range(4):
        rng = np.random.default_rng(seed)
        model, v = make_one_to_many("lstm", rng, scale=1.5), rng.normal(size=(B, V))
        greedily = model.predict(v, max_length=7)
        np.testing.assert_array_equal(model.sample(v, rng, top_k=1, max_length=7)[0], greedily)
        np.testing.assert_array_equal(model.sample(v, rng, temperature=1e-9, max_length=7)[0], greedily)


def test_at_most_thirty_tokens_unless_told():
    rng = np.random.default_rng(19)
    one, two = make_one_to_many("rnn", rng), make_encoder_decoder("rnn", rng)
    one.params["b_y"][END] = two.params["decoder.b_y"][END] = -1e3
    v, x = rng.normal(size=(2, V)), rng.normal(size=(T, 2, D))
    assert one.predict(v).shape == (30, 2) == two.predict(x).shape == one.sample(v, rng)[0].shape
    assert END not in one.predict(v)


# wrong arguments

def test_parts_that_do_not_fit():
    rng = np.random.default_rng(20)
    gru, lstm = CELLS["gru"], CELLS["lstm"]
    too_wide = Readout(H + 1, K, rng)
    for call in (lambda: ManyToOne(gru(D, H, rng), too_wide), lambda: ManyToMany(gru(D, H, rng), too_wide),
                 lambda: ManyToOne(make_bidirectional("rnn", "rnn", D, H, H, rng), too_wide),
                 lambda: EncoderDecoder(gru(D, H, rng), gru(K, H, rng), too_wide),
                 lambda: OneToMany(gru(K, H, rng), too_wide)):
        refused(call, "readout", "hidden_size", f"{H + 1}", error=ValueError)
    for decoder in (gru(K, H + 1, rng), lstm(K, H, rng)):
        refused(lambda: EncoderDecoder(gru(D, H, rng), decoder, Readout(decoder.hidden_size, K, rng)),
                "encoder", "decoder", "GRUCell(input_size=3, hidden_size=2)", repr(decoder), error=ValueError)
    EncoderDecoder(CELLS["rnn"](D, H, rng), gru(K, H, rng), Readout(H, K, rng))    # one shape of state: that is enough
    for call in (lambda: EncoderDecoder(gru(D, H, rng), gru(D, H, rng), Readout(H, K, rng)),
                 lambda: OneToMany(gru(D, H, rng), Readout(H, K, rng))):
        refused(call, "embedding", "input_size", str(K), str(D), error=ValueError)


@pytest.mark.parametrize("call", [
    lambda cell, readout, embedding: ManyToOne(cell, readout, embedding),
    lambda cell, readout, embedding: ManyToMany(cell, readout, embedding),
    lambda cell, readout, embedding: EncoderDecoder(cell, CELLS["gru"](K, H, np.random.default_rng(0)), readout, embedding),
    lambda cell, readout, embedding: EncoderDecoder(CELLS["gru"](D, H, np.random.default_rng(0)), cell, readout, None, embedding),
    lambda cell, readout, embedding: OneToMany(cell, readout, embedding=embedding),
], ids=["one", "many", "encoder", "decoder", "one to many"])
def test_an_embedding_that_does_not_fit_the_cell(call):
    """Told when the model is made: later, the only shape to complain of is one that nobody typed."""
    rng = np.random.default_rng(21)
    refused(lambda: call(CELLS["gru"](D, H, rng), Readout(H, K, rng), Embedding(K, D + 1, rng)), "embedding", str(D), str(D + 1))


@pytest.mark.parametrize("call", [
    lambda readout, embedding: EncoderDecoder(make_cell("gru", D, H, np.random.default_rng(0)),
                                              make_cell("gru", D, H, np.random.default_rng(1)), readout, None, embedding),
    lambda readout, embedding: OneToMany(make_cell("gru", D, H, np.random.default_rng(0)), readout, embedding=embedding),
], ids=["decoder", "one to many"])
def test_an_embedding_that_lacks_tokens_which_are_written(call):
    rng = np.random.default_rng(22)
    refused(lambda: call(Readout(H, K, rng), Embedding(K - 1, D, rng)), "embedding", str(K), str(K - 1))


def test_both_directions_cannot_write():
    rng = np.random.default_rng(23)
    both = make_bidirectional("rnn", "rnn", K, H, H, rng)
    one_way = CELLS["rnn"](K, 2 * H, rng)
    refused(lambda: EncoderDecoder(both, one_way, Readout(2 * H, K, rng)), "encoder", "Bidirectional")
    refused(lambda: EncoderDecoder(one_way, both, Readout(2 * H, K, rng)), "decoder", "Bidirectional")
    refused(lambda: OneToMany(both, Readout(2 * H, K, rng)), "cell", "Bidirectional")


@pytest.mark.parametrize("name", ["start", "end"])
def test_start_and_end_must_be_tokens(name):
    rng = np.random.default_rng(24)
    for bad, kind in ((K, ValueError), (-1, ValueError), (1.0, TypeError), (None, TypeError), ("a", TypeError)):
        for make_it in (make_encoder_decoder, make_one_to_many):
            refused(lambda: make_it("rnn", rng, **{name: bad}), name, "whole" if kind is TypeError else f"at most {K - 1}",
                    error=kind)


def test_embedding_and_tokens():
    rng = np.random.default_rng(25)
    for bad in (0, -1, 2.0, None):
        refused(lambda: Embedding(bad, 2, rng), "vocabulary_size")
        refused(lambda: Embedding(2, bad, rng), "size")
    refused(lambda: Embedding(3, 2, None), "rng", error=TypeError)
    tokens = rng.integers(V, size=(T, B))
    readers = [make_reader(pattern, "gru", rng, embedded=True) for pattern in READERS] + [make_encoder_decoder("gru", rng, True)]
    for model in readers:
        for wrong in (-1, V):
            bad = tokens.copy()
            bad[1, 2] = wrong
            refused(lambda: model.predict(bad), "tokens", f"between 0 and {V - 1}", str(wrong), error=ValueError)
        refused(lambda: model.predict(tokens[0]), "tokens", "(T, B)", f"({B},)", error=ValueError)
        refused(lambda: model.predict(tokens[:0]), "tokens", "at least 1", error=ValueError)
        refused(lambda: model.predict(tokens.astype(float)), "tokens", "whole numbers", error=TypeError)
        refused(lambda: model.predict(tokens.tolist()), "tokens", "whole numbers", error=TypeError)
        for bad in (LENGTHS[:2], LENGTHS + 1, LENGTHS - 1, LENGTHS.astype(float), list(LENGTHS)):
            refused(lambda: model.predict(tokens, bad), "lengths")


@pytest.mark.parametrize("pattern", ["encoder-decoder", "one to many"])
def test_targets_of_writers(pattern):
    rng = np.random.default_rng(26)
    model, batch = make(pattern, "lstm", rng), make_batch(pattern, rng)
    before = copies(model.params)
    too_high, negative, last_too_high = TARGET.copy(), TARGET.copy(), TARGET.copy()
    too_high[1, 1], negative[0, 0], last_too_high[4, 0] = K, -1, K  # the last token is never read, only predicted
    for bad, *said in ((TARGET[:, :2], f"B = {B}", "(5, 2)"), (TARGET[:, :1], f"B = {B}", "(5, 1)"), (TARGET[0], "(3,)"),
                       (too_high, f"between 0 and {K - 1}", str(K)), (negative, "-1"), (last_too_high, str(K)),
                       (TARGET[:0], "at least 1"),
                       (TARGET.astype(float), "whole numbers", "float64"), (TARGET.tolist(), "whole numbers", "list")):
        refused(lambda: model.loss_and_gradients((batch[0], bad)), "target", *said)
    for bad in ([*batch], batch[:1], (*batch, None, None), batch[0], None):
        refused(lambda: model.loss_and_gradients(bad), "batch", error=ValueError)
    assert_same(model.params, before)


def test_features_of_one_to_many():
    rng = np.random.default_rng(27)
    cell, readout = CELLS["rnn"](K, H, rng), Readout(H, K, rng)
    refused(lambda: OneToMany(cell, readout, V), "rng", "Generator", error=TypeError)
    refused(lambda: OneToMany(cell, readout, V, 0), "rng", "Generator", error=TypeError)
    for bad in (0, -1, 2.0):
        refused(lambda: OneToMany(cell, readout, bad, rng), "input_size")
    for model, size in ((OneToMany(cell, readout, V, rng), V), (OneToMany(cell, readout), H)):
        good = rng.normal(size=(B, size))
        for bad in (good[:, :-1], good[0], good[:0], np.ones((B, size + 1)), good.astype(int), good.tolist(),
                    np.full((B, size), np.nan), None):
            for call in (lambda: model.predict(bad), lambda: model.sample(bad, rng),
                         lambda: model.loss_and_gradients((bad, TARGET))):
                refused(call, "v ")


def test_what_cannot_be_drawn():
    rng = np.random.default_rng(28)
    model = make_one_to_many("gru", rng)
    v, scores = rng.normal(size=(B, V)), rng.normal(size=K)
    for bad in (None, 0, np.random):
        refused(lambda: model.sample(v, bad), "rng", "Generator", error=TypeError)
    for bad, kind in ((0, ValueError), (-1.0, ValueError), (np.nan, ValueError), (np.inf, ValueError), ("1", TypeError),
                      (None, TypeError), (True, TypeError)):
        refused(lambda: model.sample(v, rng, bad), "temperature", "above 0", error=kind)
        refused(lambda: probabilities(scores, bad), "temperature", "above 0", error=kind)
    for bad, kind in ((0, ValueError), (K + 1, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError)):
        refused(lambda: model.sample(v, rng, 1.0, bad), "top_k", f"at most {K}", error=kind)
        refused(lambda: probabilities(scores, 1.0, bad), "top_k", f"at most {K}", error=kind)
    for bad, kind in ((0, ValueError), (1.01, ValueError), (-0.5, ValueError), (np.nan, ValueError), ("0.9", TypeError),
                      (True, TypeError)):
        refused(lambda: model.sample(v, rng, top_p=bad), "top_p", "above 0", error=kind)
        refused(lambda: probabilities(scores, top_p=bad), "top_p", "above 0", error=kind)
    for bad in (scores.tolist(), None, 1.0, np.array(1.0), np.empty((2, 0)), np.array(["a"])):
        refused(lambda: probabilities(bad), "scores")


def test_most_and_width():
    rng = np.random.default_rng(29)
    one, two = make_one_to_many("gru", rng), make_encoder_decoder("gru", rng)
    v, x = rng.normal(size=(1, V)), rng.normal(size=(T, 1, D))
    for bad, kind in ((0, ValueError), (-1, ValueError), (2.0, TypeError), (None, TypeError)):
        for call in (lambda: one.predict(v, bad), lambda: two.predict(x, max_length=bad),
                     lambda: one.sample(v, rng, max_length=bad),
                     lambda: greedy(one.writer.step, one.first_state(v), START, END, bad),
                     lambda: beam_search(one.writer.step, one.first_state(v), START, END, bad, 2)):
            refused(call, "max_length", "at least 1", error=kind)
        refused(lambda: beam_search(one.writer.step, one.first_state(v), START, END, 5, bad), "width", "at least 1", error=kind)
    for kind in KINDS:
        model = make_one_to_many(kind, rng)
        state = model.first_state(rng.normal(size=(2, V)))
        with pytest.raises(ValueError) as caught:
            beam_search(model.writer.step, state, START, END, 5, 2)
        assert str(caught.value) == f"beam_search takes one sequence, a state with B = 1; the state had shape {state.shape}"
