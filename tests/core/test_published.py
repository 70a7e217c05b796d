"""Numbers printed by others: Stanford's course CS231n, assignment 3, the expected outputs of its notebooks.

CS231n, Convolutional Neural Networks for Visual Recognition, Stanford University, assignment 3 of Winter 2016 and (with
the same numbers) of Spring 2017: RNN_Captioning.ipynb for the RNN, LSTM_Captioning.ipynb for the LSTM. Inputs are grids
of np.linspace. There arrays are batch first, weights multiply from the right ((D, H), so transposed here) and LSTM
columns come in the order i, f, o, g. Eight decimals are printed, so a value can be off by 5e-9.
"""

import numpy as np
import pytest

from rnnlib import LSTMCell, RNNCell, cross_entropy, forward

PRINTED = 5.1e-9


def grid(first, last, *shape):
    return np.linspace(first, last, num=int(np.prod(shape))).reshape(shape)


def rows(columns):
    """From their columns i, f, o, g to rows i, f, g, o."""
    i, f, o, g = np.split(columns.T, 4)
    return np.concatenate([i, f, g, o])


def cell_with(cls, W_x, W_h, b):
    turn = rows if cls is LSTMCell else np.transpose
    cell = cls(len(W_x), len(W_h), np.random.default_rng(0))
    cell.W_x, cell.W_h, cell.b = turn(W_x), turn(W_h), turn(b)
    return cell


def assert_printed(ours, theirs):
    theirs = np.array(theirs)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < PRINTED
    assert (np.abs(ours - theirs) / (np.abs(ours) + np.abs(theirs))).max() < 1e-7          # the notebooks' own measure


RNN_STEP = [[-0.58172089, -0.50182032, -0.41232771, -0.31410098],
            [0.66854692, 0.79562378, 0.87755553, 0.92795967],
            [0.97934501, 0.99144213, 0.99646691, 0.99854353]]


def test_rnn_step():
    N, D, H = 3, 10, 4
    x, h = grid(-0.4, 0.7, N, D), grid(-0.2, 0.5, N, H)
    cell = cell_with(RNNCell, grid(-0.1, 0.9, D, H), grid(-0.3, 0.7, H, H), grid(-0.2, 0.4, H))
    assert_printed(cell.step(x, h), RNN_STEP)
    assert_printed(forward(cell, x[None], h)[0][1], RNN_STEP)


def test_rnn_sequence():
    N, T, D, H = 2, 3, 4, 5
    x, h_0 = grid(-0.1, 0.3, N, T, D), grid(-0.3, 0.1, N, H)
    cell = cell_with(RNNCell, grid(-0.2, 0.4, D, H), grid(-0.4, 0.1, H, H), grid(-0.7, 0.1, H))
    states, _ = forward(cell, np.swapaxes(x, 0, 1), h_0)
    assert_printed(np.swapaxes(states[1:], 0, 1),
                   [[[-0.42070749, -0.27279261, -0.11074945, 0.05740409, 0.22236251],
                     [-0.39525808, -0.22554661, -0.0409454, 0.14649412, 0.32397316],
                     [-0.42305111, -0.24223728, -0.04287027, 0.15997045, 0.35014525]],
                    [[-0.55857474, -0.39065825, -0.19198182, 0.02378408, 0.23735671],
                     [-0.27150199, -0.07088804, 0.13562939, 0.33099728, 0.50158768],
                     [-0.51014825, -0.30524429, -0.06755202, 0.17806392, 0.40333043]]])


LSTM_STEP_H = [[0.24635157, 0.28610883, 0.32240467, 0.35525807, 0.38474904],
               [0.49223563, 0.55611431, 0.61507696, 0.66844003, 0.7159181],
               [0.56735664, 0.66310127, 0.74419266, 0.80889665, 0.858299]]
LSTM_STEP_C = [[0.32986176, 0.39145139, 0.451556, 0.51014116, 0.56717407],
               [0.66382255, 0.76674007, 0.87195994, 0.97902709, 1.08751345],
               [0.74192008, 0.90592151, 1.07717006, 1.25120233, 1.42395676]]


def test_lstm_step():
    N, D, H = 3, 4, 5
    x, state = grid(-0.4, 1.2, N, D), np.stack([grid(-0.3, 0.7, N, H), grid(-0.4, 0.9, N, H)])
    cell = cell_with(LSTMCell, grid(-2.1, 1.3, D, 4 * H), grid(-0.7, 2.2, H, 4 * H), grid(0.3, 0.7, 4 * H))
    for new in (cell.step(x, state), forward(cell, x[None], state)[0][1]):
        assert_printed(new[0], LSTM_STEP_H)
        assert_printed(new[1], LSTM_STEP_C)


def test_lstm_sequence():
    N, T, D, H = 2, 3, 5, 4
    x, h_0 = grid(-0.4, 0.6, N, T, D), grid(-0.4, 0.8, N, H)
    cell = cell_with(LSTMCell, grid(-0.2, 0.9, D, 4 * H), grid(-0.3, 0.6, H, 4 * H), grid(0.2, 0.7, 4 * H))
    states, _ = forward(cell, np.swapaxes(x, 0, 1), np.stack([h_0, np.zeros_like(h_0)]))
    assert_printed(np.swapaxes(cell.hidden(states)[1:], 0, 1),
                   [[[0.01764008, 0.01823233, 0.01882671, 0.0194232],
                     [0.11287491, 0.12146228, 0.13018446, 0.13902939],
                     [0.31358768, 0.33338627, 0.35304453, 0.37250975]],
                    [[0.45767879, 0.4761092, 0.4936887, 0.51041945],
                     [0.6704845, 0.69350089, 0.71486014, 0.7346449],
                     [0.81733511, 0.83677871, 0.85403753, 0.86935314]]])


@pytest.mark.parametrize("cls, features, loss", [(RNNCell, (-1.5, 0.3), 9.83235591003),
                                                 (LSTMCell, (-0.5, 1.7), 9.82445935443)])
def test_captioning_loss(cls, features, loss):
    """Their whole captioning model, each parameter a grid from -1.4 to 1.3: features -> h_0, words -> states -> scores.

    The loss is a sum over the words that are not padding (word 0), divided by the number of captions.
    """
    N, D, W, H, V, T = 10, 20, 30, 40, 3, 13
    blocks = 4 if cls is LSTMCell else 1
    captions = (np.arange(N * T) % V).reshape(N, T)
    h_0 = grid(*features, N, D) @ grid(-1.4, 1.3, D, H) + grid(-1.4, 1.3, H)
    cell = cell_with(cls, grid(-1.4, 1.3, W, blocks * H), grid(-1.4, 1.3, H, blocks * H), grid(-1.4, 1.3, blocks * H))
    x = grid(-1.4, 1.3, V, W)[captions[:, :-1].T]
    states, _ = forward(cell, x, np.stack([h_0, np.zeros_like(h_0)]) if cls is LSTMCell else h_0)
    scores = cell.hidden(states)[1:] @ grid(-1.4, 1.3, H, V) + grid(-1.4, 1.3, V)
    target = captions[:, 1:].T
    mean, _ = cross_entropy(scores, target, target != 0)
    assert abs(mean * (target != 0).sum() / N - loss) < 1e-10
