"""Right solutions of the exercises written in other ways; `name__way` is one for the exercise `name`."""

import collections
import copy
import functools
import itertools
import math

import numpy as np


def sig(a):
    return 1 / (1 + np.exp(-a))


def rnn_step__einsum(x_t, h_prev, W_x, W_h, b):
    return np.tanh(np.einsum("bd,hd->bh", x_t, W_x) + np.einsum("bk,hk->bh", h_prev, W_h) + b)


def rnn_step__loops(x_t, h_prev, W_x, W_h, b):
    B, H = h_prev.shape
    out = np.zeros((B, H))
    for n in range(B):
        for j in range(H):
            z = b[j]
            for d in range(x_t.shape[1]):
                z += W_x[j, d] * x_t[n, d]
            for k in range(H):
                z += W_h[j, k] * h_prev[n, k]
            out[n, j] = math.tanh(z)
    return out


def rnn_step__concat(x_t, h_prev, W_x, W_h, b):
    return np.tanh(np.hstack([x_t, h_prev]) @ np.hstack([W_x, W_h]).T + b)


def rnn_step__listcomp_stack(x_t, h_prev, W_x, W_h, b):
    return np.stack([np.tanh(W_x @ a + W_h @ c + b) for a, c in zip(x_t, h_prev)])


def rnn_step__in_place_own(x_t, h_prev, W_x, W_h, b):
    z = x_t @ W_x.T
    z += h_prev @ W_h.T
    z += b
    np.tanh(z, out=z)
    return z


def rnn_step__tensordot(x_t, h_prev, W_x, W_h, b):
    return np.tanh(np.tensordot(x_t, W_x, ([1], [1])) + np.inner(h_prev, W_h) + b)


def parameter_count__prod(D, H, K):
    return sum(math.prod(s) for s in [(H, D), (H, H), (H,), (K, H), (K,)])


def parameter_count__loop(D, H, K):
    n = 0
    for _ in range(H):
        n += D + H + 1
    for _ in range(K):
        n += H + 1
    return n


def parameter_count__array(D, H, K):
    return np.array(H * (D + H + 1) + K * (H + 1))


def rnn_forward__preproject(x, h_0, W_x, W_h, b):
    p = x @ W_x.T + b
    h = np.empty((len(x) + 1,) + h_0.shape)
    h[0] = h_0
    for t in range(len(x)):
        np.tanh(p[t] + h[t] @ W_h.T, out=h[t + 1])
    return h


def rnn_forward__accumulate(x, h_0, W_x, W_h, b):
    return np.stack(list(itertools.accumulate(x, lambda h, x_t: np.tanh(x_t @ W_x.T + h @ W_h.T + b), initial=h_0)))


def rnn_forward__recursion(x, h_0, W_x, W_h, b):
    def go(h, t):
        return [h] if t == len(x) else [h] + go(np.tanh(x[t] @ W_x.T + h @ W_h.T + b), t + 1)

    return np.stack(go(h_0, 0))


def rnn_forward__loop_over_b(x, h_0, W_x, W_h, b):
    out = np.zeros((len(x) + 1,) + h_0.shape)
    out[0] = h_0
    for n in range(h_0.shape[0]):
        for t in range(len(x)):
            out[t + 1, n] = np.tanh(W_x @ x[t, n] + W_h @ out[t, n] + b)
    return out


def rnn_forward__vstack(x, h_0, W_x, W_h, b):
    h = h_0[None]
    for t in range(x.shape[0]):
        h = np.vstack([h, np.tanh(x[t] @ W_x.T + h[-1] @ W_h.T + b)[None]])
    return h


def rnn_forward__gen(x, h_0, W_x, W_h, b):
    def states():
        h = h_0
        yield h
        for x_t in x:
            h = np.tanh(x_t @ W_x.T + h @ W_h.T + b)
            yield h

    return np.stack(list(states()))


def last_valid_state__where(h, lengths):
    m = np.arange(len(h))[:, None] == lengths
    return np.where(m[..., None], h, 0).sum(0)


def last_valid_state__diagonal(h, lengths):
    return h[lengths].diagonal(0, 0, 1).T


def last_valid_state__bool_mask(h, lengths):
    m = np.arange(len(h))[None] == lengths[:, None]
    return h.swapaxes(0, 1)[m]


def last_valid_state__without_start(h, lengths):
    return h[1:][lengths - 1, np.arange(len(lengths))]


def last_valid_state__copy(h, lengths):
    out = h[-1].copy()
    for b in range(h.shape[1]):
        out[b] = h[lengths[b], b]
    return out


def rnn_step_backward__outer_loop(dh_t, x_t, h_prev, h_t, W_x, W_h):
    dW_x = np.zeros_like(W_x)
    dW_h = np.zeros_like(W_h)
    db = np.zeros(len(W_h))
    dx = np.zeros_like(x_t)
    dh = np.zeros_like(h_prev)
    for n in range(len(x_t)):
        da = dh_t[n] * (1 + h_t[n]) * (1 - h_t[n])
        dx[n] = W_x.T @ da
        dh[n] = W_h.T @ da
        dW_x += np.outer(da, x_t[n])
        dW_h += np.outer(da, h_prev[n])
        db += da
    return dx, dh, dW_x, dW_h, db


def rnn_step_backward__from_z(dh_t, x_t, h_prev, h_t, W_x, W_h):
    z = np.arctanh(h_t)
    da = dh_t / np.cosh(z) ** 2
    return da @ W_x, da @ W_h, da.T @ x_t, da.T @ h_prev, da.sum(0)


def rnn_step_backward__copy_in_place(dh_t, x_t, h_prev, h_t, W_x, W_h):
    da = dh_t.copy()
    da *= 1 - np.square(h_t)
    return da @ W_x, da @ W_h, da.T @ x_t, da.T @ h_prev, np.add.reduce(da)


def rnn_step_backward__scalars(dh_t, x_t, h_prev, h_t, W_x, W_h):
    B, H = dh_t.shape
    D = x_t.shape[1]
    dx = np.zeros((B, D))
    dh = np.zeros((B, H))
    a = np.zeros((H, D))
    c = np.zeros((H, H))
    db = np.zeros(H)
    for n in range(B):
        for j in range(H):
            g = float(dh_t[n, j]) * (1 - float(h_t[n, j]) ** 2)
            db[j] += g
            for d in range(D):
                dx[n, d] += g * W_x[j, d]
                a[j, d] += g * x_t[n, d]
            for k in range(H):
                dh[n, k] += g * W_h[j, k]
                c[j, k] += g * h_prev[n, k]
    return dx, dh, a, c, db


def rnn_step_backward__joined(dh_t, x_t, h_prev, h_t, W_x, W_h):
    da = dh_t * (1 - h_t**2)
    v = np.hstack([x_t, h_prev])
    W = np.hstack([W_x, W_h])
    D = x_t.shape[1]
    dv = da @ W
    dW = da.T @ v
    return dv[:, :D], dv[:, D:], dW[:, :D], dW[:, D:], da.sum(0)


def rnn_step_backward__namedtuple(dh_t, x_t, h_prev, h_t, W_x, W_h):
    G = collections.namedtuple("G", "a b c d e")
    da = dh_t * (1 - h_t**2)
    return G(da @ W_x, da @ W_h, da.T @ x_t, da.T @ h_prev, da.sum(0))


def bptt__einsum_end(dh, x, h, W_x, W_h):
    T = len(x)
    da = np.zeros_like(dh)
    later = np.zeros_like(h[0])
    for t in range(T - 1, -1, -1):
        da[t] = (dh[t] + later) * (1 - h[t + 1] ** 2)
        later = da[t] @ W_h
    return (
        np.einsum("tbh,hd->tbd", da, W_x),
        later,
        np.einsum("tbh,tbd->hd", da, x),
        np.einsum("tbh,tbk->hk", da, h[:-1]),
        da.sum((0, 1)),
    )


def bptt__lists(dh, x, h, W_x, W_h):
    das = []
    later = 0
    for t in reversed(range(len(x))):
        das.insert(0, (dh[t] + later) * (1 - h[t + 1] ** 2))
        later = das[0] @ W_h
    return (
        np.stack([d @ W_x for d in das]),
        later,
        sum(d.T @ v for d, v in zip(das, x)),
        sum(d.T @ v for d, v in zip(das, h)),
        sum(d.sum(0) for d in das),
    )


def bptt__loop_b(dh, x, h, W_x, W_h):
    T, B, D = x.shape
    dx = np.zeros(x.shape)
    d0 = np.zeros(h[0].shape)
    a = np.zeros(W_x.shape)
    c = np.zeros(W_h.shape)
    db = np.zeros(len(W_h))
    for n in range(B):
        later = np.zeros(len(W_h))
        for t in range(T)[::-1]:
            g = (dh[t, n] + later) * (1 - h[t + 1, n] ** 2)
            dx[t, n] = W_x.T @ g
            a += np.outer(g, x[t, n])
            c += np.outer(g, h[t, n])
            db += g
            later = W_h.T @ g
        d0[n] = later
    return dx, d0, a, c, db


def bptt__recursion(dh, x, h, W_x, W_h):
    def back(t, later):
        if t < 0:
            return [], later
        da = (dh[t] + later) * (1 - h[t + 1] ** 2)
        rest, d0 = back(t - 1, da @ W_h)
        return rest + [da], d0

    ds, d0 = back(len(x) - 1, np.zeros_like(h[0]))
    da = np.stack(ds)
    return da @ W_x, d0, np.tensordot(da, x, ([0, 1], [0, 1])), np.tensordot(da, h[:-1], ([0, 1], [0, 1])), da.sum(axis=(0, 1))


def bptt__copy_mutate(dh, x, h, W_x, W_h):
    g = dh.copy()
    da = np.empty_like(dh)
    for t in reversed(range(len(x))):
        da[t] = g[t] * (1 - h[t + 1] ** 2)
        d0 = da[t] @ W_h
        if t:
            g[t - 1] += d0
    return da @ W_x, d0, np.einsum("tbh,tbd->hd", da, x), np.einsum("tbh,tbd->hd", da, h[:-1]), da.sum((0, 1))


def bptt__jacobian_sum(dh, x, h, W_x, W_h):
    T, B, D = x.shape
    H = len(W_h)
    da = np.zeros_like(dh)
    d0 = np.zeros((B, H))
    for n in range(B):
        tot = np.zeros((T + 1, H))
        for s in range(1, T + 1):
            v = dh[s - 1, n].copy()
            for k in range(s, 0, -1):
                tot[k] += v
                v = (v * (1 - h[k, n] ** 2)) @ W_h
            d0[n] += v
        da[:, n] = tot[1:] * (1 - h[1:, n] ** 2)
    return da @ W_x, d0, np.einsum("tbh,tbd->hd", da, x), np.einsum("tbh,tbd->hd", da, h[:-1]), da.sum((0, 1))


def gradient_product__recursion(factor, T):
    return 1.0 if T == 1 else factor * gradient_product__recursion(factor, T - 1)


def gradient_product__sign_and_size(factor, T):
    return math.copysign(1, factor) ** (T - 1) * abs(factor) ** (T - 1)


def gradient_product__reduce(factor, T):
    return functools.reduce(lambda a, _: a * factor, range(T - 1), 1.0)


def gradient_product__matrix(factor, T):
    return np.linalg.matrix_power(np.array([[factor]]), T - 1)[0, 0]


def gradient_product__cumprod(factor, T):
    return np.cumprod([1.0] + [factor] * (T - 1))[-1]


def gradient_product__squaring(factor, T):
    def go(n):
        return 1.0 if n == 0 else (go(n // 2) ** 2 * (factor if n % 2 else 1))

    return go(T - 1)


def rnn_jacobian__einsum(h_t, W_h):
    return np.einsum("i,ij->ij", 1 - h_t**2, W_h)


def rnn_jacobian__loop(h_t, W_h):
    H = len(h_t)
    J = np.zeros((H, H))
    for a in range(H):
        for b in range(H):
            J[a, b] = (1 - h_t[a] ** 2) * W_h[a, b]
    return J


def rnn_jacobian__minus(h_t, W_h):
    return W_h - (h_t**2)[:, None] * W_h


def rnn_jacobian__rows(h_t, W_h):
    return np.stack([(1 - a * a) * w for a, w in zip(h_t, W_h)])


def rnn_jacobian__vjp(h_t, W_h):
    return np.stack([np.diag(1 - h_t**2) @ W_h @ e for e in np.eye(len(h_t))], axis=1)


def clip_by_norm__concat(grads, max_norm):
    v = np.concatenate([g.ravel() for g in grads.values()])
    n = np.linalg.norm(v)
    s = 1.0 if n <= max_norm else max_norm / n
    return {k: g * s for k, g in grads.items()}


def clip_by_norm__hypot(grads, max_norm):
    n = math.sqrt(math.fsum(float(v) ** 2 for g in grads.values() for v in g.flat))
    out = {}
    for k in grads:
        out[k] = grads[k].copy() if n <= max_norm else grads[k] / n * max_norm
    return out


def clip_by_norm__copy_inplace(grads, max_norm):
    out = {k: g.copy() for k, g in grads.items()}
    n = np.sqrt(sum(np.vdot(g, g) for g in out.values()))
    if n > max_norm:
        for g in out.values():
            g *= max_norm / n
    return out


def clip_by_norm__norm_of_norms(grads, max_norm):
    n = np.linalg.norm([np.linalg.norm(g) for g in grads.values()])
    return {k: g / max(1, n / max_norm) for k, g in grads.items()}


def clip_by_norm__deepcopy(grads, max_norm):
    out = copy.deepcopy(grads)
    n = sum(np.sum(g * g) for g in grads.values()) ** 0.5
    if n >= max_norm:
        out = {k: v * (max_norm / n) for k, v in out.items()}
    return out


def clip_by_norm__ordereddict(grads, max_norm):
    n = np.sqrt(sum((g**2).sum() for g in grads.values()))
    s = min(1, max_norm / n)
    return collections.OrderedDict((k, g * s) for k, g in grads.items())


def lstm_step__reshape(x_t, h_prev, c_prev, W_x, W_h, b):
    B, H = h_prev.shape
    a = (np.hstack([x_t, h_prev]) @ np.hstack([W_x, W_h]).T + b).reshape(B, 4, H)
    i, f, o = (1 / (1 + np.exp(-a[:, k])) for k in (0, 1, 3))
    c = np.tanh(a[:, 2]) * i + c_prev * f
    return np.tanh(c) * o, c


def lstm_step__tanh_sigma(x_t, h_prev, c_prev, W_x, W_h, b):
    def s(z):
        return 0.5 * (1 + np.tanh(z / 2))

    H = len(W_h) // 4
    i, f, g, o = [
        x_t @ W_x[k * H : (k + 1) * H].T + h_prev @ W_h[k * H : (k + 1) * H].T + b[k * H : (k + 1) * H] for k in range(4)
    ]
    c = s(f) * c_prev + s(i) * np.tanh(g)
    return s(o) * np.tanh(c), c


def lstm_step__loop_b(x_t, h_prev, c_prev, W_x, W_h, b):
    H = h_prev.shape[1]
    hs = []
    cs = []
    for n in range(len(x_t)):
        a = W_x @ x_t[n] + W_h @ h_prev[n] + b
        c = sig(a[H : 2 * H]) * c_prev[n] + sig(a[:H]) * np.tanh(a[2 * H : 3 * H])
        cs.append(c)
        hs.append(sig(a[3 * H :]) * np.tanh(c))
    return np.array(hs), np.array(cs)


def lstm_step__einsum(x_t, h_prev, c_prev, W_x, W_h, b):
    a = np.einsum("bd,hd->hb", x_t, W_x) + np.einsum("bd,hd->hb", h_prev, W_h) + b[:, None]
    i, f, g, o = np.vsplit(a, 4)
    c = (sig(f) * c_prev.T + sig(i) * np.tanh(g)).T
    return sig(o).T * np.tanh(c), c


def lstm_step__inplace_own(x_t, h_prev, c_prev, W_x, W_h, b):
    a = x_t @ W_x.T
    a += h_prev @ W_h.T
    a += b
    i, f, g, o = np.split(a, 4, 1)
    for v in (i, f, o):
        v[:] = sig(v)
    g[:] = np.tanh(g)
    c = f * c_prev + i * g
    return o * np.tanh(c), c


def lstm_step__list(x_t, h_prev, c_prev, W_x, W_h, b):
    i, f, g, o = np.split(x_t @ W_x.T + h_prev @ W_h.T + b, 4, axis=1)
    c = sig(f) * c_prev + sig(i) * np.tanh(g)
    return [sig(o) * np.tanh(c), c]


def lstm_cell_backward__cosh(dh_t, dc_t, c_prev, c_t, i, f, g, o):
    dc = dc_t + dh_t * o / np.cosh(c_t) ** 2
    return f * dc, g * dc, c_prev * dc, i * dc, np.tanh(c_t) * dh_t


def lstm_cell_backward__two_terms(dh_t, dc_t, c_prev, c_t, i, f, g, o):
    s = dh_t * o - dh_t * o * np.tanh(c_t) ** 2
    return dc_t * f + s * f, dc_t * g + s * g, dc_t * c_prev + s * c_prev, dc_t * i + s * i, dh_t * np.tanh(c_t)


def lstm_cell_backward__loop(dh_t, dc_t, c_prev, c_t, i, f, g, o):
    outs = [np.zeros_like(i) for _ in range(5)]
    for n in range(len(i)):
        t = np.tanh(c_t[n])
        d = dc_t[n] + dh_t[n] * o[n] * (1 - t * t)
        for k, v in enumerate((d * f[n], d * g[n], d * c_prev[n], d * i[n], dh_t[n] * t)):
            outs[k][n] = v
    return tuple(outs)


def lstm_cell_backward__scalar(dh_t, dc_t, c_prev, c_t, i, f, g, o):
    B, H = i.shape
    r = np.zeros((5, B, H))
    for n in range(B):
        for j in range(H):
            t = math.tanh(c_t[n, j])
            d = float(dc_t[n, j]) + float(dh_t[n, j]) * float(o[n, j]) * (1 - t**2)
            r[:, n, j] = d * f[n, j], d * g[n, j], d * c_prev[n, j], d * i[n, j], dh_t[n, j] * t
    return tuple(r)


def lstm_cell_backward__h(dh_t, dc_t, c_prev, c_t, i, f, g, o):
    h = o * np.tanh(c_t)
    dc = dh_t * (o - h * np.tanh(c_t)) + dc_t
    return dc * f, dc * g, dc * c_prev, dc * i, dh_t * h / o


def lstm_cell_backward__einsum(dh_t, dc_t, c_prev, c_t, i, f, g, o):
    t = np.tanh(c_t)
    dc = dc_t + np.einsum("bh,bh,bh->bh", dh_t, o, 1 - t**2)
    return tuple(np.einsum("bh,bh->bh", dc, v) for v in (f, g, c_prev, i)) + (dh_t * t,)


def gru_step__split(x_t, h_prev, W_x, W_h, b, b_hn):
    xr, xz, xn = np.split(x_t @ W_x.T + b, 3, 1)
    hr, hz, hn = np.split(h_prev @ W_h.T, 3, axis=1)
    r = sig(xr + hr)
    z = sig(xz + hz)
    n = np.tanh(xn + r * hn + r * b_hn)
    return n + z * (h_prev - n)


def gru_step__loop(x_t, h_prev, W_x, W_h, b, b_hn):
    H = h_prev.shape[1]
    out = []
    for xx, hh in zip(x_t, h_prev):
        a = W_x @ xx + b
        c = W_h @ hh
        r = sig(a[:H] + c[:H])
        z = sig(a[H : 2 * H] + c[H : 2 * H])
        n = np.tanh(a[2 * H :] + r * (c[2 * H :] + b_hn))
        out.append((1 - z) * n + z * hh)
    return np.stack(out)


def gru_step__einsum(x_t, h_prev, W_x, W_h, b, b_hn):
    H = len(b_hn)
    Wx = W_x.reshape(3, H, -1)
    Wh = W_h.reshape(3, H, H)
    bb = b.reshape(3, H)
    a = np.einsum("ghd,bd->gbh", Wx, x_t) + bb[:, None]
    c = np.einsum("ghk,bk->gbh", Wh, h_prev)
    r, z = sig(a[:2] + c[:2])
    n = np.tanh(a[2] + r * (c[2] + b_hn))
    return z * h_prev + (1 - z) * n


def gru_step__sig_tanh(x_t, h_prev, W_x, W_h, b, b_hn):
    def s(v):
        return np.tanh(v / 2) / 2 + 0.5

    H = len(b_hn)
    rz = s(x_t @ W_x[: 2 * H].T + h_prev @ W_h[: 2 * H].T + b[: 2 * H])
    r, z = rz[:, :H], rz[:, H:]
    n = np.tanh(x_t @ W_x[2 * H :].T + b[2 * H :] + r * (h_prev @ W_h[2 * H :].T + b_hn))
    return h_prev - (1 - z) * (h_prev - n)


def gru_step__bhn_padded(x_t, h_prev, W_x, W_h, b, b_hn):
    H = len(b_hn)
    c = h_prev @ W_h.T + np.concatenate([np.zeros(2 * H), b_hn])
    a = x_t @ W_x.T + b
    r, z = np.split(sig((a + c)[:, : 2 * H]), 2, axis=1)
    return (1 - z) * np.tanh(a[:, -H:] + r * c[:, -H:]) + z * h_prev


def bidirectional_forward__prealloc(x, forward_rnn, backward_rnn):
    f = forward_rnn(x)
    T, B, H = f.shape
    o = np.empty((T, B, 2 * H))
    o[..., :H] = f
    o[::-1, :, H:] = backward_rnn(x[::-1])
    return o


def bidirectional_forward__loop(x, forward_rnn, backward_rnn):
    f = forward_rnn(x)
    g = backward_rnn(x[::-1])
    T = len(x)
    return np.stack([np.hstack([f[t], g[T - 1 - t]]) for t in range(T)])


def bidirectional_forward__suffix(x, forward_rnn, backward_rnn):
    T = len(x)
    f = forward_rnn(x)
    g = np.stack([backward_rnn(x[t:][::-1])[-1] for t in range(T)])
    return np.concatenate([f, g], axis=2)


def bidirectional_forward__per_sequence(x, forward_rnn, backward_rnn):
    return np.concatenate(
        [np.concatenate([forward_rnn(x[:, n : n + 1]), backward_rnn(x[::-1, n : n + 1])[::-1]], -1) for n in range(x.shape[1])], 1
    )


def bidirectional_forward__list_reversed(x, forward_rnn, backward_rnn):
    xr = np.array(list(reversed(x)))
    g = np.array(list(reversed(backward_rnn(xr))))
    return np.concatenate([forward_rnn(x), g], axis=-1)


def bidirectional_forward__flipud(x, forward_rnn, backward_rnn):
    return np.concatenate((forward_rnn(x), np.flipud(backward_rnn(np.flipud(x)))), axis=2)


def softmax_cross_entropy_gradient__lse(logits, target):
    m = logits.max(1, keepdims=True)
    lse = m + np.log(np.exp(logits - m).sum(1, keepdims=True))
    p = np.exp(logits - lse)
    p[range(len(p)), target] -= 1
    return p / len(p)


def softmax_cross_entropy_gradient__loop(logits, target):
    B, K = logits.shape
    d = np.zeros((B, K))
    for n in range(B):
        e = [math.exp(v - max(logits[n])) for v in logits[n]]
        for k in range(K):
            d[n, k] = (e[k] / sum(e) - (k == target[n])) / B
    return d


def softmax_cross_entropy_gradient__transposed_work(logits, target):
    z = logits.T - logits.T.max(0)
    e = np.exp(z)
    p = (e / e.sum(0)).T
    p[np.arange(len(p)), target] -= 1
    return p * (1 / len(p))


def softmax_cross_entropy_gradient__put(logits, target):
    e = np.exp(logits - np.max(logits, 1, keepdims=True))
    p = e / np.einsum("bk->b", e)[:, None]
    np.put_along_axis(p, target[:, None], np.take_along_axis(p, target[:, None], 1) - 1, 1)
    return p / p.shape[0]


def softmax_cross_entropy_gradient__mean_shift(logits, target):
    s = logits - logits.max(1, keepdims=True)
    p = np.exp(s)
    p /= p.sum(1, keepdims=True)
    np.subtract.at(p, (np.arange(len(p)), target), 1)
    return p / len(p)


def last_step_gradient__loop(dh_last, T, lengths):
    dh = np.zeros((T,) + dh_last.shape)
    for n, L in enumerate(lengths):
        dh[L - 1, n] = dh_last[n]
    return dh


def last_step_gradient__mask(dh_last, T, lengths):
    return (np.arange(T)[:, None] == lengths - 1)[..., None] * dh_last


def last_step_gradient__where(dh_last, T, lengths):
    return np.where((np.arange(1, T + 1)[:, None] == lengths[None])[:, :, None], dh_last[None], 0.0)


def last_step_gradient__einsum(dh_last, T, lengths):
    return np.einsum("tb,bh->tbh", np.eye(T)[:, lengths - 1], dh_last)


def last_step_gradient__cut(dh_last, T, lengths):
    dh = np.zeros((T + 1, *dh_last.shape))
    dh[lengths, range(len(lengths))] = dh_last
    return dh[1:]


def last_step_gradient__negative_idx(dh_last, T, lengths):
    dh = np.zeros((T, *dh_last.shape))
    dh[lengths - 1 - T, np.arange(len(lengths))] = dh_last
    return dh


def masked_loss__loop(losses, lengths):
    s = 0.0
    for b in range(len(lengths)):
        for t in range(lengths[b]):
            s += losses[t, b]
    return s / sum(lengths)


def masked_loss__concat(losses, lengths):
    return np.concatenate([losses[:L, b] for b, L in enumerate(lengths)]).mean()


def masked_loss__where_nanmean(losses, lengths):
    m = np.arange(len(losses))[:, None] < lengths
    return np.nanmean(np.where(m, losses, np.nan))


def masked_loss__average(losses, lengths):
    m = np.arange(len(losses))[:, None] < lengths
    return np.average(losses, weights=m)


def masked_loss__masked_array(losses, lengths):
    m = np.arange(len(losses))[:, None] < lengths
    return np.ma.masked_array(losses, ~m).mean()


def masked_loss__copy_zero(losses, lengths):
    own = losses.copy()
    for b, L in enumerate(lengths):
        own[L:, b] = 0
    return own.sum() / lengths.sum()


def teacher_forcing_shift__roll(target, start):
    r = np.roll(target, 1, axis=0)
    r[0] = start
    return r


def teacher_forcing_shift__pad(target, start):
    return np.pad(target[:-1], ((1, 0), (0, 0)), constant_values=start)


def teacher_forcing_shift__loop(target, start):
    r = np.zeros(target.shape, dtype=int)
    for t in range(len(target)):
        for b in range(target.shape[1]):
            r[t, b] = start if t == 0 else target[t - 1, b]
    return r


def teacher_forcing_shift__insert(target, start):
    return np.insert(target[:-1], 0, start, axis=0)


def teacher_forcing_shift__per_seq(target, start):
    return np.stack([[start, *c[:-1]] for c in target.T], axis=1)


def teacher_forcing_shift__stack_list(target, start):
    rows = [np.full(target.shape[1], start)]
    rows.extend(target[:-1])
    return np.stack(rows)


def greedy_decode__recursion(step, state, start, end, max_length):
    if max_length == 0:
        return np.array([], dtype=int)
    s, st = step(start, state)
    t = int(s.argmax())
    if t == end:
        return np.array([], dtype=int)
    return np.concatenate([[t], greedy_decode__recursion(step, st, t, end, max_length - 1)]).astype(int)


def greedy_decode__generator(step, state, start, end, max_length):
    def go(t, state):
        for _ in range(max_length):
            s, state = step(t, state)
            t = int(np.argmax(s))
            if t == end:
                return
            yield t

    return np.fromiter(go(start, state), dtype=int)


def greedy_decode__prealloc(step, state, start, end, max_length):
    out = np.zeros(max_length, dtype=int)
    t = start
    for n in range(max_length):
        s, state = step(t, state)
        t = s.argmax()
        if t == end:
            return out[:n]
        out[n] = t
    return out


def greedy_decode__list_argmax(step, state, start, end, max_length):
    out = []
    t = start
    for _ in range(max_length):
        s, state = step(t, state)
        s = list(s)
        t = s.index(max(s))
        if t == end:
            break
        out.append(t)
    return np.array(out, dtype=int)


def greedy_decode__cut_after(step, state, start, end, max_length):
    out = []
    t = start
    for _ in range(max_length):
        s, state = step(t, state)
        t = int(np.argmax(s))
        out.append(t)
    if end in out:
        out = out[: out.index(end)]
    return np.array(out, dtype=int)


def temperature_probabilities__logsumexp(logits, temperature):
    z = logits / temperature
    return np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))


def temperature_probabilities__pow(logits, temperature):
    e = np.exp(logits - logits.max(1, keepdims=True)) ** (1 / temperature)
    return e / e.sum(1, keepdims=True)


def temperature_probabilities__loop(logits, temperature):
    out = np.zeros(logits.shape)
    for b, row in enumerate(logits):
        w = [math.exp((v - max(row)) / temperature) for v in row]
        out[b] = np.array(w) / sum(w)
    return out


def temperature_probabilities__transposed(logits, temperature):
    z = (logits / temperature).T
    z = z - z.max(0)
    e = np.exp(z)
    return (e / e.sum(0)).T


def temperature_probabilities__apply(logits, temperature):
    return np.apply_along_axis(
        lambda r: np.exp((r - r.max()) / temperature) / np.exp((r - r.max()) / temperature).sum(), 1, logits
    )


def two_word_memory__strong():
    return np.array([[0.0, 20, 0], [0, 0, 20]]), np.diag([6.0, 6]), np.array([-2.0, -2])


def two_word_memory__helper_unit():
    W_x = np.zeros((3, 3))
    W_x[0, 1] = W_x[1, 2] = 9
    return [W_x, np.diag([3.0, 3, 0]), np.array([-1.0, -1, 0.5])]


def two_word_memory__nothing_pushes_down():
    return np.array([[-0.5, 8, -0.5], [-0.5, -0.5, 8]]), 4 * np.eye(2), np.array([-0.5, -0.5])


def gradient_w_h__total(h_0, x_1, x_2, y, w_x, w_h):
    h_1 = math.tanh(w_x * x_1 + w_h * h_0)
    h_2 = math.tanh(w_x * x_2 + w_h * h_1)
    return (h_2 - y) * (1 - h_2**2) * (h_1 + w_h * (1 - h_1**2) * h_0)


def gradient_w_h__forward_mode(h_0, x_1, x_2, y, w_x, w_h):
    h, d = h_0, 0.0
    for x in (x_1, x_2):
        new = np.tanh(w_x * x + w_h * h)
        d = (1 - new**2) * (h + w_h * d)
        h = new
    return d * (h - y)


def gradient_w_h__difference(h_0, x_1, x_2, y, w_x, w_h):
    def loss(w):
        return (np.tanh(w_x * x_2 + w * np.tanh(w_x * x_1 + w * h_0)) - y) ** 2 / 2

    return np.imag(loss(w_h + 1e-20j)) / 1e-20


def faulty_line__seven():
    return np.int64(7)


def lag_of_one_millionth__count(W_h, slope):
    factor = max(abs(np.linalg.eigvals(W_h))) * slope
    if factor >= 1:
        return math.inf
    n, left = 0, 1.0
    while left > 1e-6:
        n, left = n + 1, left * factor
    return n


def lag_of_one_millionth__log10(W_h, slope):
    rate = np.log10(slope * np.abs(np.linalg.eigvals(W_h)).max())
    return np.inf if rate >= 0 else np.ceil(-6 / rate)


def topic_model__lstm(rng):
    import rnnlib
    from rnnlib.course.toydata import topics

    return rnnlib.ManyToOne(rnnlib.LSTMCell(8, 16, rng), rnnlib.Readout(16, topics.K, rng), rnnlib.Embedding(topics.V, 8, rng))


def topic_model__both_ways(rng):
    import rnnlib
    from rnnlib.course.toydata import topics

    cell = rnnlib.Bidirectional(rnnlib.RNNCell(10, 12, rng), rnnlib.RNNCell(10, 12, rng))
    return rnnlib.ManyToOne(cell, rnnlib.Readout(24, topics.K, rng), rnnlib.Embedding(topics.V, 10, rng))


def delays__loop(labels, announced):
    out = []
    for t in range(1, len(labels)):
        if labels[t] != labels[t - 1]:
            end = t
            while end < len(labels) and labels[end] == labels[t]:
                end += 1
            d = end - t
            while d > 0 and announced[t + d - 1] == labels[t]:
                d -= 1
            out.append(d)
    return np.array(out, dtype=int)


def delays__split(labels, announced):
    cuts = np.flatnonzero(np.diff(labels)) + 1
    parts = zip(np.split(labels, cuts)[1:], np.split(announced, cuts)[1:])
    return np.array([max(np.flatnonzero(a != b) + 1, default=0) for a, b in parts], dtype=int)


def two_layers_backward__one_line(dh, lower, upper):
    dx_2, g_2 = upper(dh)
    return (*lower(dx_2), g_2)


def two_layers_backward__list(dh, lower, upper):
    grads = []
    for back in (upper, lower):
        dh, g = back(dh)
        grads.insert(0, dict(g))
    return [dh, *grads]


def attend__einsum(q, keys, values, mask):
    s = np.einsum("sbh,bh->sb", keys, q)
    s[~mask] = -1e300
    a = np.exp(s - s.max(0))
    a /= a.sum(0)
    return np.einsum("sb,sbe->be", a, values), a


def attend__renewed(q, keys, values, mask):
    s = (keys * q).sum(-1)
    s = s - np.where(mask, s, -np.inf).max(0)
    a = np.where(mask, np.exp(np.minimum(s, 0)), 0)
    a = a / a.sum(axis=0)
    return (a[..., None] * values).sum(0), a


def attend__loop(q, keys, values, mask):
    S, B = mask.shape
    c, a = np.zeros((B, values.shape[2])), np.zeros((S, B))
    for b in range(B):
        inside = np.flatnonzero(mask[:, b])
        s = keys[inside, b] @ q[b]
        w = np.exp(s - s.max())
        a[inside, b] = w / w.sum()
        c[b] = a[:, b] @ values[:, b]
    return c, a


def keys_gradient__jacobian(dc, a, q, values):
    S, B = a.shape
    out = np.zeros((S, B, q.shape[1]))
    for b in range(B):
        J = np.diag(a[:, b]) - np.outer(a[:, b], a[:, b])
        out[:, b] = np.outer(J @ (values[:, b] @ dc[b]), q[b])
    return out


def keys_gradient__einsum(dc, a, q, values):
    c = np.einsum("sb,sbe->be", a, values)
    ds = a * np.einsum("sbe,be->sb", values - c, dc)
    return np.einsum("sb,bh->sbh", ds, q)


def combine__applied(a1, b1, a2, b2):
    def both(h):
        return a2 * (a1 * h + b1) + b2

    return both(1) - both(0), both(0)


def combine__list(a1, b1, a2, b2):
    return [a1 * a2, b2 + b1 * a2]


def linear_backward__reversed_scan(dh, a, h):
    db = dh.copy()
    for t in range(len(a) - 2, -1, -1):
        db[t] += a[t + 1] * db[t + 1]
    return db * h[:-1], db


def linear_backward__products(dh, a, h):
    T = len(a)
    db = np.stack([sum(np.prod(a[t + 1 : s + 1], axis=0) * dh[s] for s in range(t, T)) for t in range(T)])
    return h[:-1] * db, db
