"""How time and memory of forward and backward grow with T, B and H, and what the memory is spent on."""

import time
import tracemalloc

import numpy as np
from tables import held, smoke, table

import rnnlib

START = {"T": 200, "B": 8, "D": 8, "H": 32}
ALONG = {"T": [50, 100, 200, 400, 800, 1600, 3200], "B": [8, 16, 32, 64, 128], "H": [32, 64, 128, 256]}
TINY = {"T": [4, 8], "B": [1, 2], "H": [2, 4]}
CACHED = """
What is kept between the two passes, in numbers of 8 bytes a step and sequence, and why nothing of it can go:

| cell | states | gates | why |
|---|---:|---:|---|
| RNN | H | 0 | h_t gives tanh' = 1 - h_t^2; h_{t-1} gives dW_h. The projected inputs are overwritten by h_t |
| LSTM | 2H | 4H | c_{t-1} and c_t, and i, f, g, o: each is a factor of another's gradient. tanh(c_t) is computed again |
| GRU | H | 4H | r, z, n, and q = W_hn h_{t-1} + b_hn, the factor of dr |

The inputs are kept by reference, not copied. bptt adds what it returns, dL/d state_t (like states) and dL/dx_t (D), and
dL/dz_t of all steps (H, 4H, 3H) until the weight gradients are one product of it. Computing states or gates again from
checkpoints would hold less and take a third longer."""


def problem(name, T, B, D, H):
    """A function that runs forward and backward once."""
    rng = np.random.default_rng(0)
    cell = getattr(rnnlib, f"{name}Cell")(D, H, rng)
    x, dh = rng.standard_normal((T, B, D)), rng.standard_normal((T, B, H))
    return lambda: rnnlib.bptt(cell, dh, rnnlib.forward(cell, x)[1])


def seconds(runs, budget):
    """The best processor time of each run, taken in turn: what other programs do meanwhile is left out."""
    times, until = [[] for _ in runs], time.perf_counter() + budget * len(runs)
    while time.perf_counter() < until or len(times[0]) < 4:
        for run, taken in zip(runs, times):
            start = time.process_time()
            run()
            taken.append(time.process_time() - start)
    return [min(taken) for taken in times]


def bytes_at_most(run):
    """The most memory that was held at once while it ran; tracemalloc counts NumPy's arrays."""
    tracemalloc.start()
    result = run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del result
    return most


def exponent(sizes, values):
    """The slope of a straight line through the logarithms."""
    return np.polyfit(np.log(sizes), np.log(values), 1)[0]


def main():
    tiny = smoke()
    along, start = (TINY, {"T": 4, "B": 2, "D": 2, "H": 4}) if tiny else (ALONG, START)
    print("\nAlong one axis the others stay at " + ", ".join(f"{letter} = {size}" for letter, size in start.items())
          + ". Exponent: 1 is linear growth, 2 is fourfold\n"
            "for twice the size. Time is processor time on one thread, the best of several runs.")
    for letter, sizes in along.items():
        rows = []
        for name in ("RNN", "LSTM", "GRU"):
            runs = [problem(name, **{**start, letter: size}) for size in sizes]
            times, memory = seconds(runs, 0 if tiny else 0.3), [bytes_at_most(run) for run in runs]
            in_time, in_memory = exponent(sizes, times), exponent(sizes, memory)
            limited = letter == "T" and not tiny
            rows += [[f"{name} time, ms", *(f"{1e3 * t:.2f}" for t in times),
                      held(f"{in_time:.2f}", not limited or 0.95 <= in_time <= 1.15), "0.95 to 1.15" if limited else "none"],
                     [f"{name} peak memory, MB", *(f"{m / 1e6:.2f}" for m in memory),
                      held(f"{in_memory:.2f}", not limited or 0.95 <= in_memory <= 1.05), "0.95 to 1.05" if limited else "none"]]
        table(f"Along {letter}", [f"{letter} =", *map(str, sizes), "exponent", "limit"], rows)
    print(CACHED)


if __name__ == "__main__":
    main()
