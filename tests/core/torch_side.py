"""The same computations done by torch, in the course's names and layouts: NumPy arrays in, NumPy arrays out.

Nothing here comes from rnnlib. torch.nn's weights are weight_ih_l0 (W_x), weight_hh_l0 (W_h) and two biases that are
added up; b goes into the first, and of the second only the rows that a GRU's reset gate multiplies (b_hn) are not zero.
"""

import numpy as np
import torch

MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def tensor(a, grad=False):
    return torch.tensor(np.ascontiguousarray(a), dtype=torch.float64, requires_grad=grad)


def module(kind, *sides):
    """torch.nn's RNN, LSTM or GRU holding the weights of one cell, or of two (forward, backward)."""
    H, D = sides[0]["W_h"].shape[1], sides[0]["W_x"].shape[1]
    net = MODULES[kind](D, H, bidirectional=len(sides) == 2).double()
    with torch.no_grad():
        for params, suffix in zip(sides, ("l0", "l0_reverse")):
            getattr(net, "weight_ih_" + suffix).copy_(tensor(params["W_x"]))
            getattr(net, "weight_hh_" + suffix).copy_(tensor(params["W_h"]))
            getattr(net, "bias_ih_" + suffix).copy_(tensor(params["b"]))
            second = getattr(net, "bias_hh_" + suffix).zero_()
            if kind == "gru":
                second[2 * H:] = tensor(params["b_hn"])
    return net


def gradients(kind, net, suffix="l0"):
    """The gradients that backward() left in the module, named like cell.params."""
    got = {"W_x": getattr(net, "weight_ih_" + suffix).grad, "W_h": getattr(net, "weight_hh_" + suffix).grad,
           "b": getattr(net, "bias_ih_" + suffix).grad}
    if kind == "gru":
        got["b_hn"] = getattr(net, "bias_hh_" + suffix).grad[2 * net.hidden_size:]
    return {name: g.numpy().copy() for name, g in got.items()}


def _start(kind, state_0):
    s = tensor(state_0, grad=True)
    return s, (s[0:1], s[1:2]) if kind == "lstm" else s[None]


def run(kind, params, x, state_0, dh, d_last):
    """Forward, and the gradients of sum(dh * h) + sum(d_last * last state)."""
    net = module(kind, params)
    x, (s, start) = tensor(x, grad=True), _start(kind, state_0)
    h, last = net(x, start)
    last = torch.cat(last) if kind == "lstm" else last[0]
    ((h * tensor(dh)).sum() + (last * tensor(d_last)).sum()).backward()
    return {"h": h.detach().numpy(), "last": last.detach().numpy(), "dx": x.grad.numpy(), "d_state_0": s.grad.numpy(),
            **{"d" + name: g for name, g in gradients(kind, net).items()}}


def run_bidirectional(kind, params_f, params_b, x, lengths, dout):
    """Both directions, packed so that the second starts at each sequence's own end; padding comes back as zeros."""
    net = module(kind, params_f, params_b)
    x = tensor(x, grad=True)
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(np.asarray(lengths)), enforce_sorted=False)
    out, _ = torch.nn.utils.rnn.pad_packed_sequence(net(packed)[0], total_length=x.shape[0])
    (out * tensor(dout)).sum().backward()
    return {"out": out.detach().numpy(), "dx": x.grad.numpy(),
            **{f"dforward.{name}": g for name, g in gradients(kind, net).items()},
            **{f"dbackward.{name}": g for name, g in gradients(kind, net, "l0_reverse").items()}}


def cross_entropy(y, target, mask):
    """torch.nn.CrossEntropyLoss with its ignore_index in the masked entries."""
    y = tensor(y, grad=True)
    target = np.where(mask, target, -100)
    loss = torch.nn.CrossEntropyLoss(ignore_index=-100)(y.reshape(-1, y.shape[-1]), torch.tensor(target.reshape(-1)))
    loss.backward()
    return {"loss": loss.item(), "dy": y.grad.numpy()}


def squared_error(y, target, mask):
    """torch.nn.MSELoss over the entries that are kept."""
    y = tensor(y, grad=True)
    keep = torch.tensor(mask)
    loss = torch.nn.MSELoss()(y[keep], tensor(target)[keep])
    loss.backward()
    return {"loss": loss.item(), "dy": y.grad.numpy()}


def attend(q, k, v, mask, dc):
    """scaled_dot_product_attention: (B, T, D) in, the scale 1 / sqrt(D) its own; the gradients of sum(dc * c)."""
    leaves = [tensor(a, grad=True) for a in (q, k, v)]
    T, B, S = len(q), q.shape[1], len(k)
    mask = torch.tensor(np.broadcast_to(mask, (T, B, S)).swapaxes(0, 1).copy())
    c = torch.nn.functional.scaled_dot_product_attention(*(a.transpose(0, 1) for a in leaves), attn_mask=mask).transpose(0, 1)
    (c * tensor(dc)).sum().backward()
    return {"c": c.detach().numpy(), **{"d" + name: a.grad.numpy() for name, a in zip("qkv", leaves)}}


def self_attention(params, x, dout, causal):
    """[x; c] of torch.nn.MultiheadAttention with one head, no biases, and the identity for its output projection."""
    size, D = params["W_q"].shape
    net = torch.nn.MultiheadAttention(size, 1, bias=False, kdim=D, vdim=D).double()
    x, W_q = tensor(x, grad=True), tensor(params["W_q"], grad=True)
    with torch.no_grad():
        net.q_proj_weight.copy_(torch.eye(size))                    # its queries must have length `size`: projected before
        net.k_proj_weight.copy_(tensor(params["W_k"]))
        net.v_proj_weight.copy_(tensor(params["W_v"]))
        net.out_proj.weight.copy_(torch.eye(size))
    T = len(x)
    later = torch.triu(torch.ones(T, T, dtype=torch.bool), 1) if causal else None
    c, a = net(x @ W_q.T, x, x, attn_mask=later)
    (torch.cat([x, c], dim=-1) * tensor(dout)).sum().backward()
    return {"c": c.detach().numpy(), "a": a.detach().numpy(), "dx": x.grad.numpy(), "dW_q": W_q.grad.numpy(),
            "dW_k": net.k_proj_weight.grad.numpy(), "dW_v": net.v_proj_weight.grad.numpy()}


def recurrence(a, b, dh):
    """h_t = a_t h_{t-1} + b_t by a loop, real or complex, and the gradients of sum of the real part of conj(dh) h."""
    dtype = torch.complex128 if np.iscomplexobj(a) else torch.float64
    a, b, dh = (torch.tensor(np.ascontiguousarray(array), dtype=dtype) for array in (a, b, dh))
    a.requires_grad_(), b.requires_grad_()
    h, state = [], torch.zeros_like(b[0])
    for a_t, b_t in zip(a, b):
        state = a_t * state + b_t
        h.append(state)
    h = torch.stack(h)
    (h * dh.conj()).real.sum().backward()
    return {"h": h.detach().numpy(), "da": a.grad.numpy(), "db": b.grad.numpy()}


def _split(params, side):
    return {name.removeprefix(f"{side}."): p for name, p in params.items() if name.startswith(f"{side}.")}


def _leaves(params):
    """Everything that is not inside torch.nn's module: readout, embedding, the weights of the features."""
    return {name: tensor(p, grad=True) for name, p in params.items() if name in ("W_y", "b_y", "W_e", "W_v", "b_v", "W_a")}


def _vectors(tokens, leaves, K):
    """Rows of W_e, or one-hot vectors without it."""
    tokens = torch.tensor(tokens)
    if "W_e" in leaves:
        return torch.nn.functional.embedding(tokens, leaves["W_e"])
    return torch.nn.functional.one_hot(tokens, K).double()


def _packed(x, lengths):
    return torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)


def _linear(h, leaves):
    return torch.nn.functional.linear(h, leaves["W_y"], leaves["b_y"])


def _finish(loss, nets, leaves):
    """The loss, and the gradients under the names of model.params; nets: prefix -> (kind, module, suffix), leaves alike."""
    loss.backward()
    grads = {prefix + name: g for prefix, net in nets.items() for name, g in gradients(*net).items()}
    return loss.item(), grads | {prefix + name: p.grad.numpy() for prefix, some in leaves.items() for name, p in some.items()}


def read(pattern, kind, params, x, target, lengths):
    """ManyToOne or ManyToMany in both directions: x are tokens or vectors, target classes."""
    net, leaves = module(kind, _split(params, "forward"), _split(params, "backward")), _leaves(params)
    vectors = _vectors(x, leaves, None) if "W_e" in leaves else tensor(x)
    out, last = net(_packed(vectors, lengths))
    if pattern == "one":
        last = last[0] if kind == "lstm" else last                  # (2, B, H): where each direction ended
        y = _linear(torch.cat([last[0], last[1]], dim=-1), leaves)
    else:
        y = _linear(torch.nn.utils.rnn.pad_packed_sequence(out, total_length=len(x))[0], leaves)
        target = np.where([[t < n for n in lengths] for t in range(len(x))], target, -100)
    loss = torch.nn.CrossEntropyLoss(ignore_index=-100)(y.reshape(-1, y.shape[-1]), torch.tensor(target.reshape(-1)))
    return _finish(loss, {"forward.": (kind, net, "l0"), "backward.": (kind, net, "l0_reverse")}, {"": leaves})


def _write(kind, net, leaves, state, target, start, end, seen=None):
    """The loss of each sequence by itself, cut after its first `end`, over the number of all its tokens.

    seen: for each sequence the encoder's states (S, H) that W_a looks back at.
    """
    K, total, count = len(leaves["b_y"]), 0.0, 0
    for b in range(target.shape[1]):
        tokens = target[:, b].tolist()
        tokens = tokens[:tokens.index(end) + 1] if end in tokens else tokens
        mine = tuple(s[:, b:b + 1].contiguous() for s in state)
        g, _ = net(_vectors([[token] for token in [start, *tokens[:-1]]], leaves, K), mine if kind == "lstm" else mine[0])
        g = g[:, 0]
        if "W_a" in leaves:
            h = seen[b]
            c = torch.nn.functional.scaled_dot_product_attention(g[None], (h @ leaves["W_a"].T)[None], h[None], scale=1.0)[0]
            g = torch.cat([g, c], dim=-1)
        total = total + torch.nn.CrossEntropyLoss(reduction="sum")(_linear(g, leaves), torch.tensor(tokens))
        count += len(tokens)
    return total / count


def encode_and_decode(kind, params, x, target, lengths, start, end):
    """EncoderDecoder; x are tokens or vectors."""
    sides = {side: _split(params, side) for side in ("encoder", "decoder")}
    encoder, decoder = (module(kind, sides[side]) for side in sides)
    leaves = {f"{side}.": _leaves(p) for side, p in sides.items()}
    vectors = _vectors(x, leaves["encoder."], None) if leaves["encoder."] else tensor(x)
    out, last = encoder(_packed(vectors, lengths))
    h, _ = torch.nn.utils.rnn.pad_packed_sequence(out)
    loss = _write(kind, decoder, leaves["decoder."], last if kind == "lstm" else (last,), target, start, end,
                  [h[:n, b] for b, n in enumerate(lengths)])
    return _finish(loss, {"encoder.": (kind, encoder), "decoder.": (kind, decoder)}, leaves)


def write_from(kind, params, v, target, start, end):
    """OneToMany, h_0 = tanh(W_v v + b_v)."""
    net, leaves = module(kind, params), _leaves(params)
    h_0 = torch.tanh(torch.nn.functional.linear(tensor(v), leaves["W_v"], leaves["b_v"]))[None]
    state = (h_0, torch.zeros_like(h_0)) if kind == "lstm" else (h_0,)
    return _finish(_write(kind, net, leaves, state, target, start, end), {"": (kind, net)}, {"": leaves})


def optimise(name, start, grads, **settings):
    """The values that torch.optim's optimiser gives one array after each of the given gradients."""
    p = tensor(start, grad=True)
    optimiser = getattr(torch.optim, name)([p], **settings)
    path = []
    for g in grads:
        p.grad = tensor(g)
        optimiser.step()
        path.append(p.detach().numpy().copy())
    return np.array(path)


def clip(grads, max_norm):
    """clip_grad_norm_: the clipped gradients and the norm before. torch divides by norm + 1e-6."""
    ps = {name: tensor(g, grad=True) for name, g in grads.items()}
    for name, g in grads.items():
        ps[name].grad = tensor(g)
    before = torch.nn.utils.clip_grad_norm_(list(ps.values()), max_norm).item()
    return {name: p.grad.numpy() for name, p in ps.items()}, before


def train(kind, params, readout, x, target, steps, learning_rate, pattern):
    """The losses of a torch model trained with Adam on one batch: the cell, a Linear layer, CrossEntropyLoss."""
    net = module(kind, params)
    linear = torch.nn.Linear(*readout["W_y"].shape[::-1]).double()
    with torch.no_grad():
        linear.weight.copy_(tensor(readout["W_y"]))
        linear.bias.copy_(tensor(readout["b_y"]))
        # the second bias has no counterpart in rnnlib, except for the rows of b_hn: they alone are trained
        free = torch.zeros_like(net.bias_hh_l0)
        if kind == "gru":
            free[2 * net.hidden_size:] = 1
    net.bias_hh_l0.register_hook(lambda g: g * free)
    optimiser = torch.optim.Adam([*net.parameters(), *linear.parameters()], lr=learning_rate)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        h, _ = net(tensor(x))
        y = linear(h[-1] if pattern == "one" else h)
        loss = torch.nn.CrossEntropyLoss()(y.reshape(-1, y.shape[-1]), torch.tensor(target.reshape(-1)))
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses
