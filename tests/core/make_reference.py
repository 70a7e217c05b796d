"""Write reference.json: small inputs and what torch makes of them, for machines without torch.

Run it from the root of the project where torch is installed: python -m tests.core.make_reference
"""

import json
from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("reference.json")


def weights(kind, D, H, rng):
    rows = {"rnn": 1, "lstm": 4, "gru": 3}[kind] * H
    params = {"W_x": rng.normal(size=(rows, D)), "W_h": rng.normal(size=(rows, H)), "b": rng.normal(size=rows)}
    if kind == "gru":
        params["b_hn"] = rng.normal(size=H)
    return {name: short(0.7 * p) for name, p in params.items()}


def short(a):
    """Inputs with four decimals, so that the file stays readable."""
    return np.round(a, 4)


def make():
    """All cases, as nested dicts of arrays: each holds what goes in and what torch gives."""
    import torch

    from . import torch_side

    rng = np.random.default_rng(2025)
    cases = {}
    T, B, D, H, K = 4, 2, 2, 3, 3
    for kind in ("rnn", "lstm", "gru"):
        state = (2, B, H) if kind == "lstm" else (B, H)
        inputs = {"params": weights(kind, D, H, rng), "x": short(rng.normal(size=(T, B, D))),
                  "state_0": short(rng.normal(size=state)), "dh": short(rng.normal(size=(T, B, H))),
                  "d_last": short(rng.normal(size=state))}
        cases[kind] = {"in": inputs, "out": torch_side.run(kind, **inputs)}
        inputs = {"params_f": weights(kind, D, H, rng), "params_b": weights(kind, D, H, rng),
                  "x": short(rng.normal(size=(T, 3, D))), "lengths": np.array([2, 4, 1]),
                  "dout": short(rng.normal(size=(T, 3, 2 * H)))}
        cases[f"bidirectional {kind}"] = {"in": inputs, "out": torch_side.run_bidirectional(kind, **inputs)}

    mask = np.array([[True, True], [True, False], [False, True]])
    inputs = {"y": short(2 * rng.normal(size=(3, 2, K))), "target": rng.integers(K, size=(3, 2)), "mask": mask}
    cases["cross_entropy"] = {"in": inputs, "out": torch_side.cross_entropy(**inputs)}
    inputs = {"y": short(2 * rng.normal(size=(3, 2, K))), "target": short(rng.normal(size=(3, 2, K))), "mask": mask}
    cases["squared_error"] = {"in": inputs, "out": torch_side.squared_error(**inputs)}

    start, grads = short(rng.normal(size=(2, 2))), short(rng.normal(size=(6, 2, 2)))
    for name in ("SGD", "Adam"):
        path = torch_side.optimise(name, start, grads, lr=0.1)
        cases[name] = {"in": {"start": start, "grads": grads}, "out": {"path": path}}

    mask = np.array([[[True, True, True], [True, False, False]], [[False, True, True], [True, True, False]]])
    inputs = {"q": short(rng.normal(size=(2, 2, D))), "k": short(rng.normal(size=(3, 2, D))),
              "v": short(rng.normal(size=(3, 2, 2))), "mask": mask, "dc": short(rng.normal(size=(2, 2, 2)))}
    cases["attend"] = {"in": inputs, "out": torch_side.attend(**inputs)}
    return {"torch": torch.__version__.split("+")[0], "cases": cases}


def write(made):
    """One array a line."""
    lines = ["{", f'"torch": {json.dumps(made["torch"])},', '"cases": {']
    for i, (name, case) in enumerate(made["cases"].items()):
        lines.append(f'{"," if i else ""}{json.dumps(name)}: {{')
        for j, side in enumerate(("in", "out")):
            lines.append(f'{"," if j else ""}{json.dumps(side)}: {{')
            rows = [f"{json.dumps(key)}: {json.dumps(plain(value))}" for key, value in case[side].items()]
            lines += [",\n".join(rows), "}"]
        lines.append("}")
    PATH.write_text("\n".join([*lines, "}}"]) + "\n", encoding="utf-8")


def plain(value):
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    return np.asarray(value).tolist()


if __name__ == "__main__":
    write(make())
