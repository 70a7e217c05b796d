"""Lessons 01 and 02: the vanilla cell, and along a sequence."""

import itertools

import numpy as np

from .checking import Exercise, Problem

RNN_STEP = """
def rnn_step(x_t, h_prev, W_x, W_h, b):
    z_t = x_t @ W_x.T + h_prev @ W_h.T + b
    return np.tanh(z_t)
"""

RNN_STEP_CHANGES = {
    "no tanh": ("np.tanh(z_t)", "z_t", "It is the pre-activation z_t: the tanh around it is missing. Without it the network is "
        "linear and its state can grow without bound."),
    "past left out": ("h_prev @ W_h.T", "0", "h_{t-1} plays no part: the term W_h h_{t-1} is missing, and with it all memory."),
    "W_h transposed": ("W_h.T", "W_h", "W_h is used transposed. In batch form W_h h_{t-1} reads h_prev @ W_h.T; both shapes fit, "
        "for W_h is square, so nothing warns you."),
    "bias left out": (" + b", "", "The bias b is missing."),
    "bias subtracted": ("+ b", "- b", "The bias b is subtracted; the equation adds it."),
    "past outside tanh": (" + h_prev @ W_h.T", "", "np.tanh(z_t)", "np.tanh(z_t) + h_prev @ W_h.T", "W_h h_{t-1} is added behind "
        "the tanh; it belongs inside, with W_x x_t and b."),
    "bias outside tanh": (" + b", "", "np.tanh(z_t)", "np.tanh(z_t) + b", "b is added behind the tanh; it belongs inside, with "
        "the two products."),
    "tanh of the parts": ("np.tanh(z_t)", "np.tanh(x_t @ W_x.T) + np.tanh(h_prev @ W_h.T) + b", "There is a tanh around each "
        "product; there is one, around the sum of all three terms."),
    "sigmoid": ("np.tanh(z_t)", "sigmoid(z_t)", "It squashes with the logistic sigma(z); the cell of the course uses tanh, which "
        "is centred at 0."),
    "relu": ("np.tanh(z_t)", "np.maximum(z_t, 0)", "It squashes with max(z, 0); the cell of the course uses tanh."),
    "input left out": ("x_t @ W_x.T", "0", "x_t plays no part: the term W_x x_t is missing."),
    "W_h left out": ("h_prev @ W_h.T", "h_prev", "h_{t-1} is added as it is; it must go through W_h: h_prev @ W_h.T."),
    "W_h entry by entry": ("h_prev @ W_h.T", "h_prev * np.diag(W_h)", "h_{t-1} is multiplied by the diagonal of W_h alone, so no "
        "unit hears the others: h_prev @ W_h.T."),
    "past subtracted": ("+ h_prev", "- h_prev", "W_h h_{t-1} is subtracted; the equation adds it."),
    "bias twice": ("+ b", "+ 2 * b", "The bias b is added twice."),
    "bias with one part": ("np.tanh(z_t)", "np.tanh(x_t @ W_x.T) + np.tanh(h_prev @ W_h.T + b)", "There is a tanh around each "
        "product (b in the second); there is one, around the sum of all three terms."),
    "tanh twice": ("np.tanh(z_t)", "np.tanh(np.tanh(z_t))", "tanh is applied twice."),
    "past and bias outside tanh": ("np.tanh(z_t)", "np.tanh(x_t @ W_x.T) + h_prev @ W_h.T + b", "Only W_x x_t is inside the "
        "tanh; all three terms belong there."),
    "added to the past": ("np.tanh(z_t)", "h_prev + np.tanh(z_t)", "h_{t-1} itself is added to the tanh; the new state is the "
        "tanh alone."),
}

RNN_FORWARD = """
def rnn_forward(x, h_0, W_x, W_h, b):
    T = len(x)
    h = np.zeros((T + 1, *h_0.shape))
    h[0] = h_0
    for t in range(1, T + 1):
        x_t, h_prev = x[t - 1], h[t - 1]
        z_t = x_t @ W_x.T + h_prev @ W_h.T + b
        h[t] = np.tanh(z_t)
    return h
"""

RNN_FORWARD_CHANGES = {
    "h_0 left out": ("return h", "return h[1:]", "h has T entries, h_1 .. h_T; it should begin with h_0: shape (T+1, B, H)."),
    "last state left out": ("return h", "return h[:-1]", "h has T entries, h_0 .. h_{T-1}; the last state h_T is missing."),
    "only the last state": ("return h", "return h[-1]", "It returns h_T alone; all of h_0 .. h_T are asked for, (T+1, B, H)."),
    "starts from zero": ("h[0] = h_0", "h[0] = 0", "It starts from zeros; the start is the argument h_0."),
    "h_0 shown but not read": ("h[t - 1]", "h[t - 1] * (t > 1)", "The first step starts from zeros; h_0 stands in the result and "
        "is never read."),
    "tanh only in the result": ("h[t] = np.tanh(z_t)", "h[t] = z_t", "return h", "return np.concatenate([h[:1], np.tanh(h[1:])])",
        "The pre-activation is carried from step to step; the next step reads the state, behind the tanh."),
    "always from h_0": ("h[t - 1]", "h[0]", "Every step starts from h_0: the state is not carried from step to step. h_t comes "
        "from h_{t-1}."),
    "always the first input": ("x[t - 1]", "x[0]", "Every step reads x_1: the index into x stands still."),
    "input one step late": ("x[t - 1]", "x[max(t - 2, 0)]", "Each step reads the input of the step before (and step 1 reads "
        "x_1): x[t - 1] is x_t where h[t] is h_t, for x has no entry for t = 0."),
    "reads backwards": ("x[t - 1]", "x[T - t]", "The sequence is read from its end: x_T first."),
    "input one step early": ("x[t - 1]", "x[min(t, T - 1)]", "Each step reads the input of the step after: h[t] is made from x[t "
        "- 1], for x has no entry for t = 0."),
    "last input first": ("x[t - 1]", "x[t - 2]", "Each step reads the input of the step before, and step 1 reads x[-1], the last "
        "one: h[t] is made from x[t - 1]."),
    "state before last": ("h[t - 1]", "h[t - 2]", "Each step reads the state two steps back; h[t] is made from h[t - 1]."),
    "stored one step early": ("range(1, T + 1)", "range(T)", "x[t - 1], h[t - 1]", "x[t], h[t]", "Each new state is written over "
        "the one it came from, so that nothing is carried on: h[t] and x[t] make h[t + 1]."),
    "last step left out": ("range(1, T + 1)", "range(1, T)", "The last state is never computed: the loop ends one step too "
        "early; it has T rounds."),
    "first step left out": ("range(1, T + 1)", "range(2, T + 1)", "h[1] is never computed: the loop begins one step too late; it "
        "has T rounds."),
    "return inside the loop": ("        h[t] = np.tanh(z_t)", "        h[t] = np.tanh(z_t)\n        break", "It returns after "
        "the first step: the return stands inside the loop. Move it out, one indentation to the left."),
    "one array for all": ("return h", "return np.stack([h[-1]] * len(h))", "All entries are h_T: the list holds one array T + 1 "
        "times, overwritten in place. Make a new array at each step."),
    "h_0 at the end": ("return h", "return np.roll(h, -1, axis=0)", "h_0 stands behind the other states; it comes first."),
    **{key: change for key, change in RNN_STEP_CHANGES.items() if key not in ("tanh of the parts", "W_h entry by entry")},
}

LAST_VALID = """
def last_valid_state(h, lengths):
    rows, columns = lengths, np.arange(len(lengths))
    return h[rows, columns]
"""

LAST_VALID_CHANGES = {
    "last of the padding": ("h[rows, columns]", "h[-1]", "It is h[-1], the state after the padding was read too. Sequence b ends "
        "after lengths[b] steps."),
    "one early": ("rows, columns = lengths", "rows, columns = lengths - 1", "It is one step early: h[0] is the start, so the "
        "state after n steps is h[n], not h[n - 1]."),
    "one late": ("rows, columns = lengths", "rows, columns = np.minimum(lengths + 1, len(h) - 1)", "It is one step late: the "
        "state after n steps is h[n]; h[n + 1] has read padding."),
    "shortest for all": ("h[rows, columns]", "h[lengths.min()]", "All sequences are read where the shortest one ends."),
    "longest for all": ("h[rows, columns]", "h[lengths.max()]", "All sequences are read where the longest one ends."),
    "first sequence": ("h[rows, columns]", "h[rows, 0]", "The steps are right, but all are read from sequence 0: the second "
        "index must run over b."),
    "mean": ("h[rows, columns]", "np.stack([h[1:n + 1, b].mean(axis=0) for b, n in enumerate(lengths)])", "It is the mean over "
        "the valid states; asked for is the last of them."),
    "mean with the start": ("h[rows, columns]", "np.stack([h[:n + 1, b].mean(axis=0) for b, n in enumerate(lengths)])",
        "It is the mean over h_0 and the valid states; asked for is the last of them."),
    "mean over all": ("h[rows, columns]", "h.mean(axis=0)", "It is the mean over time, padding included; asked for is the last "
        "valid state."),
    "largest over time": ("h[rows, columns]", "h.max(axis=0)", "It is the largest value over time, unit by unit; asked for is "
        "the last valid state."),
    "sum": ("h[rows, columns]", "np.stack([h[:n + 1, b].sum(axis=0) for b, n in enumerate(lengths)])", "It is the sum of the "
        "states; asked for is the last valid one."),
    "length of sequence 0 for all": ("h[rows, columns]", "h[lengths[0]]", "All sequences are read where sequence 0 ends; each "
        "has its own length."),
    "after one step": ("h[rows, columns]", "h[1]", "It is h[1], the state after one step, for every sequence."),
    "the start": ("h[rows, columns]", "h[0]", "It is h[0], the state before anything was read."),
    "counted from the end": ("h[rows, columns]", "h[-rows, columns]", "It counts from the end, h[-lengths[b]]; padding stands "
        "behind a sequence, so count from the start: h[lengths[b]]."),
    "as much padding as steps": ("h[rows, columns]", "h[len(h) - 1 - rows, columns]", "It reads h[T - lengths[b]]; after "
        "lengths[b] steps the state is h[lengths[b]]."),
    "sorted": ("rows, columns = lengths", "rows, columns = np.sort(lengths)", "The lengths are sorted; each belongs to its own "
        "sequence."),
    "every sequence at every end": ("h[rows, columns]", "h[rows]", "h[lengths] takes all B sequences at each of the B ends, (B, "
        "B, H). Give both indices: step lengths[b] of sequence b."),
    "batch turned round": ("h[rows, columns]", "h[rows, columns[::-1]]", "The sequences are read in reverse order: sequence b "
        "belongs to lengths[b]."),
    "sequence before": ("h[rows, columns]", "h[rows, columns - 1]", "Each length is used for the sequence before its own."),
}

PARAMETER_COUNT = """
def parameter_count(D, H, K):
    W_x = H * D
    W_h = H * H
    b = H
    W_y = K * H
    b_y = K
    return W_x + W_h + b + W_y + b_y
"""

PARAMETER_COUNT_CHANGES = {
    "no cell bias": ("b = H", "b = 0", "The cell's bias b, H numbers, is missing."),
    "no readout bias": ("b_y = K", "b_y = 0", "The readout's bias b_y, K numbers, is missing."),
    "readout left out": (" + W_y + b_y", "", "It counts the cell alone; the readout y = W_y h + b_y has K (H + 1) more."),
    "W_x left out": ("W_x + ", "", "W_x, H x D numbers, is missing."),
    "W_h left out": ("W_h + ", "", "W_h, H x H numbers, is missing."),
    "W_y left out": ("W_y + ", "", "W_y, K x H numbers, is missing."),
    "W_x counted as D": ("H * D", "D", "W_x is counted as D numbers; it maps D to H, so it has H x D."),
    "W_x counted as D x D": ("H * D", "D * D", "W_x is counted as D x D; it maps D to H, so it has H x D."),
    "W_h counted as H": ("H * H", "H", "W_h is counted as H numbers; it maps H to H, so it has H x H."),
    "W_h counted twice": ("H * H", "2 * H * H", "W_h is counted twice."),
    "half of W_h": ("H * H", "H * (H - 1) // 2", "W_h is counted as H (H - 1) / 2, as if it were symmetric with nothing on the "
        "diagonal; all H x H numbers are free."),
    "readout counted on D": ("K * H", "K * D", "W_y is counted as K x D; the readout reads the state, so it is K x H."),
    "readout counted on D too": ("K * H", "K * (H + D)", "W_y is counted as K x (H + D); the readout reads the state alone, so "
        "it is K x H."),
    "W_y counted as K x K": ("K * H", "K * K", "W_y is counted as K x K; it maps H to K, so it has K x H."),
    "bias of b counted as D": ("b = H", "b = D", "b is counted as D numbers; there is one for each hidden unit, H."),
    "readout bias counted as H": ("b_y = K", "b_y = H", "b_y is counted as H numbers; there is one for each output, K."),
    "one number a bias": ("b = H", "b = 1", "b_y = K", "b_y = 1", "Each bias is counted as one number; b has H, one for each "
        "hidden unit, and b_y has K."),
    "two biases": ("b = H", "b = 2 * H", "H numbers too many: b counted twice, or h_0 with it. (torch.nn.RNN keeps two biases "
        "that only ever occur as a sum; the equation has one, and h_0 is no parameter.)"),
    "H ^ 2": ("H * H", "H ^ 2", "H ^ 2 is no power in Python (it flips a bit of H): write H**2, or H * H."),
    "H and D swapped": ("    W_x =", "    H, D = D, H\n    W_x =", "H and D are swapped: H (D + H + 1) + K (H + 1)."),
    "four gates": ("W_x + W_h + b +", "4 * (W_x + W_h + b) +", "The cell is counted four times, as in an LSTM; the vanilla cell "
        "has one set of weights."),
    "three gates": ("W_x + W_h + b +", "3 * (W_x + W_h + b) +", "The cell is counted three times, as in a GRU; the vanilla cell "
        "has one set of weights."),
}

TWO_WORDS = """
def two_word_memory():
    W_x = np.array([[0.0, 8.0, 0.0], [0.0, 0.0, 8.0]])
    W_h = 4 * np.eye(2)
    b = np.array([-1.0, -1.0])
    return W_x, W_h, b
"""
TWO_WORDS_CHANGES = {
    "believes without evidence": ("[-1.0, -1.0]", "[1.0, 1.0]", "Where a word has not come, its unit must be at or below 0: a "
        "bias below 0 holds it there from the start."),
    "does not notice": ("8.0", "2.0", "The word does not turn its unit over: the input must be stronger than what holds the unit "
        "below 0, W_h h + b with h near -1."),
    "units swapped": ("[0.0, 8.0, 0.0], [0.0, 0.0, 8.0]", "[0.0, 0.0, 8.0], [0.0, 8.0, 0.0]", "The two words have each other's "
        "unit: h[0] is for A, h[1] for B."),
    "forgets": ("4 *", "0.9 *", "The unit falls back while nothing happens: it must hold itself. tanh(w h + b) has two states "
        "that stay only where w is well above 1, for both signs of h."),
    "mixes the words": ("4 * np.eye(2)", "4 * np.array([[1.0, -1.0], [-1.0, 1.0]])", "The other word disturbs it: what comes in "
        "for the one must not reach the other's unit, neither through W_x nor through W_h."),
}


def two_words_judge(result):
    """Run the designed cell on all sequences of up to four symbols and on long ones; which is told wrongly, and how?"""
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        return None, "It should be three arrays, W_x, W_h, b."
    W_x, W_h, b = (np.asarray(array, dtype=float) for array in result)
    H = len(b) if b.ndim == 1 else 0
    if H < 2 or W_x.shape != (H, 3) or W_h.shape != (H, H):
        return None, (f"W_x should have shape (H, 3), W_h (H, H) and b (H,) with the same H, at least 2; they have {W_x.shape}, {W_h.shape} "
                      f"and {b.shape}.")
    if not all(np.isfinite(array).all() for array in (W_x, W_h, b)):
        return None, "There are entries that are not finite."
    waits = [(*first, *[0] * 50, *then) for first in ((), (1,), (2,), (1, 2)) for then in ((), (1,), (2,))]
    for symbols in [s for T in range(1, 5) for s in itertools.product((0, 1, 2), repeat=T)] + waits + [(1,) * 50, (2,) * 50]:
        h = np.zeros(H)
        for symbol in symbols:
            h = np.tanh(W_x[:, symbol] + W_h @ h + b)
        for unit, word in enumerate("AB"):
            seen = unit + 1 in symbols
            if not _says(h[unit], seen):
                other = 1 - unit
                key = ("units swapped" if _says(h[other], seen) and _says(h[unit], other + 1 in symbols) and W_x[unit, 1 + other] > W_x[unit, 1 + unit]
                       else "mixes the words" if _alone(W_x, W_h, b, unit, symbols) else "believes without evidence" if not seen else
                       "does not notice" if symbols[-1] == unit + 1 else "forgets")
                told = ", ".join(("nothing", "A", "B")[symbol] for symbol in symbols)
                told = told if len(symbols) < 9 else f"{told[:40]} ... ({len(symbols)} symbols)"
                return key, (f"After {told}: {word} has {'' if seen else 'not '}been seen, and h[{unit}] = {h[unit]:.2f} does not say so. "
                             + TWO_WORDS_CHANGES[key][-1])
    return None


def _says(h, seen):
    return h > 0.5 if seen else h < -0.5


def _alone(W_x, W_h, b, unit, symbols):
    """Whether the unit would be right if neither the other unit nor the other word reached it."""
    h = 0.0
    for symbol in symbols:
        h = np.tanh(W_x[unit, symbol] * (symbol in (0, unit + 1)) + W_h[unit, unit] * h + b[unit])
    return _says(h, unit + 1 in symbols)


def _weights(rng, D, H):
    return {"W_x": rng.normal(size=(H, D)), "W_h": rng.normal(size=(H, H)) / np.sqrt(H), "b": rng.normal(size=H)}


def step_problems(rng):
    """One step's arguments, at three sizes."""
    return [Problem(f"B = {B}, D = {D}, H = {H}", x_t=rng.normal(size=(B, D)), h_prev=rng.uniform(-0.9, 0.9, (B, H)), **_weights(rng, D, H))
            for B, D, H in ((3, 2, 5), (1, 3, 2), (2, 3, 3))]


def forward_problems(rng):
    """A sequence's arguments, at three sizes."""
    return [Problem(f"T = {T}, B = {B}", x=rng.normal(size=(T, B, D)), h_0=rng.uniform(-0.9, 0.9, (B, H)), **_weights(rng, D, H))
            for T, B, D, H in ((3, 4, 2, 5), (1, 2, 3, 2), (5, 1, 3, 3))]


def _last_valid_problems(rng):
    return [Problem(note, h=rng.normal(size=(T + 1, len(lengths), H)), lengths=np.array(lengths))
            for note, T, H, lengths in (("a length is 1", 5, 3, (2, 4, 3, 1)), ("no sequence fills T", 6, 2, (3, 5)), ("B = 1", 4, 3, (2,)),
                                        ("a sequence has the full length T", 3, 2, (3, 1)), ("two lengths are equal", 4, 2, (2, 2, 3)))]


def _parameter_problems(rng):
    return [Problem(f"D = {D}, H = {H}, K = {K}", D=D, H=H, K=K) for D, H, K in ((3, 5, 2), (1, 1, 1), (50, 7, 4), (2, 64, 10))]


def batch(x="x_t", axis=0):
    """For `Exercise.sizes`: T and B, or B alone, from the shape of one argument."""
    return lambda arguments: dict(zip(("T", "B")[1 - axis:], arguments[x].shape))


STEP_FIRST = "Write the equation as one line of NumPy: a sum of three terms, then tanh."

EXERCISES = [
    Exercise("rnn_step", {"h_t": "(B, H)"}, RNN_STEP, RNN_STEP_CHANGES, step_problems, STEP_FIRST,
             "h_t = tanh(W_x x_t + W_h h_{t-1} + b), for every sequence of the batch at once.", batch()),
    Exercise("two_word_memory", {"W_x": "(H, 3)", "W_h": "(H, H)", "b": "(H,)"}, TWO_WORDS, TWO_WORDS_CHANGES,
             lambda rng: [Problem("designed by hand")],
             "Give each word a unit of its own. What keeps a unit at +1, and what turns it from -1 to +1?",
             "Two units that hold themselves, each turned over by its own word alone: a memory, and not only a change.",
             judge=two_words_judge),
    Exercise("parameter_count", {"count": "a whole number"}, PARAMETER_COUNT, PARAMETER_COUNT_CHANGES, _parameter_problems,
             "Count W_x, W_h and b first, then W_y and b_y.",
             "H (D + H + 1) for the cell and K (H + 1) for the readout, however long the sequence is."),
    Exercise("rnn_forward", {"h": "(T+1, B, H)"}, RNN_FORWARD, RNN_FORWARD_CHANGES, forward_problems,
             "Make an array of shape (T+1, B, H), put h_0 first, then fill one step after the other.",
             "One cell, one loop, any length: T = 1 and T = 5 came out right.", batch("x", 1)),
    Exercise("last_valid_state", {"h_last": "(B, H)"}, LAST_VALID, LAST_VALID_CHANGES, _last_valid_problems,
             "Ask which entry of h holds the state of sequence b after lengths[b] steps; then take it for all b at once.",
             "Each sequence is read where it ends, not where the padding does.",
             lambda arguments: {"B": len(arguments["lengths"])}),
]
