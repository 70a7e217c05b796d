"""The numeric core beside torch.nn: forward and backward through T steps, the same work on both sides.

Ours returns the whole of Gradients; torch is asked for the gradients of its parameters and of its inputs. Runs alternate, ours
and torch's, and a ratio is the median of the ratios of neighbours, so that a busy machine disturbs both alike.
"""

import os
import statistics
import subprocess
import sys
import time

import numpy as np
from tables import held, smoke, table

import rnnlib

try:
    import torch
except ImportError:
    torch = None

# (T, B, D, H) -> what a cell has to be: times as fast as torch in float64 on one thread
SIZES = {(20, 1, 4, 16): {"RNN": 2.0, "LSTM": 2.0, "GRU": 2.0}, (50, 32, 16, 64): {"RNN": 1.6, "LSTM": 1.2, "GRU": 1.2},
         (100, 32, 32, 128): {"RNN": 1.0, "LSTM": 1.0, "GRU": 1.0}, (100, 64, 64, 256): {"RNN": 1.0, "LSTM": 1.0, "GRU": 1.0}}
TINY = {(3, 2, 2, 4): {"RNN": 0.0, "LSTM": 0.0, "GRU": 0.0}}
NOISE = 0.05        # a ratio of 0.95 counts as "not slower"


def ours(name, size):
    """A function that runs forward and backward in rnnlib."""
    T, B, D, H = size
    rng = np.random.default_rng(0)
    cell = getattr(rnnlib, f"{name}Cell")(D, H, rng)
    x, dh = rng.standard_normal((T, B, D)), rng.standard_normal((T, B, H))

    def run():
        _, cache = rnnlib.forward(cell, x)
        return rnnlib.bptt(cell, dh, cache)

    return run


def theirs(name, size, dtype):
    """The same in torch: gradients of the inputs and of every parameter."""
    T, B, D, H = size
    rng = np.random.default_rng(0)
    net = getattr(torch.nn, name)(D, H).to(dtype)
    x = torch.tensor(rng.standard_normal((T, B, D)), dtype=dtype, requires_grad=True)
    dh, wanted = torch.tensor(rng.standard_normal((T, B, H)), dtype=dtype), [x, *net.parameters()]
    return lambda: torch.autograd.grad(net(x)[0], wanted, dh)


def alternate(runs, seconds, least=9):
    """Times of each function, in turn: a list of floats for each."""
    times = [[] for _ in runs]
    for run in runs * 2:
        run()
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(times[0]) < least:
        for run, taken in zip(runs, times):
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
    return times


def peak(n):
    """Floating-point operations a second of NumPy's own product of two (n, n) matrices: the best of several."""
    a, best = np.random.default_rng(0).random((n, n)), np.inf
    for _ in range(12):
        start = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - start)
    return 2 * n ** 3 / best


def operations(name, size):
    """Of the matrix products alone: forward, to the inputs and state before, to the weights."""
    T, B, D, H = size
    return 3 * 2 * T * B * {"RNN": 1, "LSTM": 4, "GRU": 3}[name] * H * (D + H)


def measure(threads, sizes, seconds):
    """Print the table of one number of threads; this process has been told to use that many."""
    if torch:
        torch.set_num_threads(threads)
    best = peak(1024 if seconds else 64)
    rows = []
    for size, limits in sizes.items():
        for name, limit in limits.items():
            runs = [ours(name, size)]
            if torch:
                runs += [theirs(name, size, torch.float64), theirs(name, size, torch.float32)]
            times = alternate(runs, seconds)
            mine, *peers = ([statistics.median(taken) for taken in times])
            share = f"{operations(name, size) / mine / best:.0%}"
            row = [f"{size} {name}", f"{1e3 * mine:.2f}"]
            for peer, taken in zip(peers, times[1:]):
                ratio = statistics.median(b / a for a, b in zip(times[0], taken))
                is_held = taken is times[1] and threads == 1
                row += [f"{1e3 * peer:.2f}", held(f"{ratio:.2f}", not is_held or ratio >= limit - NOISE * (limit == 1))]
            wanted = f"{limit:g}" if threads == 1 else "none"
            rows.append(row + ([wanted] if torch else []) + [share])
    heads = ["(T, B, D, H) cell", "rnnlib ms"]
    if torch:
        heads += ["torch float64 ms", "times as fast", "torch float32 ms", "times as fast", "at least"]
    table(f"Forward and backward, float64, {threads} thread{'s' * (threads > 1)}", [*heads, "share of peak"], rows)
    print(f"\nPeak: {best / 1e9:.0f} GFLOP/s, the product of two large matrices in NumPy. Share: the operations of the matrix\n"
          "products alone, over the time of the whole.")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--threads":
        return measure(int(sys.argv[2]), SIZES, seconds=2.5)
    if smoke():
        if torch is None:
            print("torch is not installed: the peer is skipped.")
        return measure(1, TINY, seconds=0)
    if torch is None:
        print("torch is not installed: the peer is skipped.")
    print(f"""
Median times of alternating runs; the ratio is the median over pairs of neighbours, and above 1 rnnlib is the faster. rnnlib
returns all of Gradients, torch the gradients of parameters and inputs. Where 1 is wanted, {1 - NOISE:.2f} passes as noise.
Torch in float32 is shown for information: rnnlib computes in float64 alone.""")
    for threads in (1, 2):      # BLAS reads these when it is loaded: a process of its own for each
        variables = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
                                  str(threads))
        sys.stdout.flush()
        subprocess.run([sys.executable, "-u", __file__, "--threads", str(threads)], env={**os.environ, **variables}, check=True)


if __name__ == "__main__":
    main()
