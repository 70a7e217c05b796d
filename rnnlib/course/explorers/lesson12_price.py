"""Figures of lesson 12 on what a linear recurrence costs, and the picture that the last questions of the course ask about."""

import numpy as np

from ... import Adam, Embedding, ManyToMany, Readout, SelfAttention, train
from .. import evidence, figures
from ..figures import BLACK, CELL_STYLES, GRADIENT, GREY, STATE, decade
from ..marks import apart
from .lesson04_luck import SOLVED, spread


@figures.style()
def every_seed(runs, columns, chance):
    """Accuracies of stored runs, each seed a dot: a row for each kind of network, a panel for each column.

    runs : dict of label to dict of column to accuracies; a column that was not tried may be missing
    columns : dict of column to the title of its panel
    """
    figure, row = figures.new(1, len(columns), size=(8.4, 1.7 + 0.44 * len(runs)), left=2.45, right=0.2, wspace=0.1, top=0.85,
                              bottom=0.85, sharey=True)
    others = GREY if CELL_STYLES.keys() & runs else BLACK
    low = min(chance, *(min(by) for found in runs.values() for by in found.values())) - 0.1
    for ax, (column, title) in zip(np.atleast_1d(row), columns.items()):
        for y, (label, found) in enumerate(runs.items()):
            here, (color, _, marker) = np.sort(found.get(column, [])), CELL_STYLES.get(label, (others, "", "o"))
            ax.plot(here, y - spread(len(here), 0.5), marker, color=color, markersize=4, alpha=0.7)
            if not len(here):
                ax.text((1 + chance) / 2, y, "not tried", color=GREY, ha="center", va="center")
        ax.axvline(chance, color=GREY, linestyle="--", linewidth=1.2)
        ax.set(xlim=(low, 1.07), xticks=[chance, 1], ylim=(len(runs) - 0.4, -0.6), yticks=range(len(runs)),
               yticklabels=list(runs), xlabel="accuracy")
        ax.set_xticklabels([f"{chance:.2g}\nchance", "1"])
        ax.set_title(title, fontsize=figures.TEXT)
    heads, said = [], []
    for column, title in columns.items():
        tried = {label: np.greater_equal(found[column], SOLVED) for label, found in runs.items() if column in found}
        heads.append(f"{sum(hits.mean() > 0.5 for hits in tried.values())} of {len(tried)} ({title})")
        said.append(f"{title}: " + ", ".join(f"{label} {hits.sum()} of {len(hits)}".replace("\n", " ")
                                            for label, hits in tried.items()))
    figure.text(0.1 / 8.4, 1 - 0.28 / figure.get_figheight(), "Kinds that are right in most runs: " + ", ".join(heads),
                weight="bold", va="center")
    return figures.Picture(figure, "Runs that are right. " + "; ".join(said) + ".")


def _asked_about():
    """What the final questions ask about, made here so that the lesson does not show the answers beside them.

    Returns
    -------
    dict of label to (101,) decimal logarithms of a gradient; attention map (8, 8); lengths; dict of label to accuracies by length
    """
    log10_left = {label: np.arange(101) * np.log10(factor) for label, factor in (("1", 0.6), ("2", 0.955), ("3", 1.02))}

    rng = np.random.default_rng(0)
    reader = SelfAttention(16, 16, rng)                 # trained to write 8 digits from the last to the first
    writer = ManyToMany(reader, Readout(32, 10, rng), Embedding(10, 16, rng))
    words = (rng.integers(10, size=(8, 64)) for _ in range(500))
    for _ in train(writer, ((read, read[::-1].copy()) for read in words), Adam(0.01), 500, clip=1.0):
        pass
    weights = reader.weights(writer.reader.embedding.forward(rng.integers(10, size=(8, 200)))).mean(axis=1)

    lengths, parity = (20, 40, 100, 400), evidence.stored("lesson12_counting", modulus=2, steps=1000)
    by_length = {label: [np.median([run[f"T{T}"] for run in parity if run["kind"] == kind]) for T in lengths]
                 for label, kind in (("1", "GRU"), ("2", "signed minGRU"), ("3", "minGRU"))}
    return log10_left, weights, lengths, by_length


@figures.style()
def three_pictures():
    """The picture that the final questions ask about, in three panels, A to C. It trains a small network for panel B: seconds."""
    log10_left, weights, lengths, by_length = _asked_about()
    figure, (a, b, c) = figures.new(1, 3, size=(8.4, 3.7), left=0.85, right=0.5, top=0.55, bottom=0.7, wspace=0.42)
    styles = [(BLACK, "-"), (GRADIENT, "--"), (STATE, "-.")]
    for (label, left), (color, line) in zip(log10_left.items(), styles):
        a.plot(left, color=color, linestyle=line)
        a.text(len(left) * 1.01, left[-1], label, va="center", color=color, weight="bold")
    a.set(xlabel="steps back", ylabel="share of the gradient left", xlim=(0, len(left) - 1))
    a.yaxis.set_major_formatter(decade)
    a.set_title("A")
    S = weights.shape[1]
    b.imshow(weights, cmap="Greys", vmin=0, vmax=1, extent=(0.5, S + 0.5, len(weights) + 0.5, 0.5))
    b.grid(False)
    b.set(xlabel="it looks at step", ylabel="the answer at step", xticks=[1, S // 2, S],
          yticks=[1, len(weights) // 2, len(weights)])
    b.set_title("B")
    for found, (color, line), (*_, marker) in zip(by_length.values(), styles, CELL_STYLES.values()):
        c.plot(range(len(lengths)), found, color=color, linestyle=line, marker=marker, markersize=7)
    for label, (color, _), y in zip(by_length, styles, apart([found[-1] for found in by_length.values()], 0.06)):
        c.text(len(lengths) - 0.8, y, label, va="center", color=color, weight="bold")
    c.set(xlabel="length T when asked", ylabel="accuracy", ylim=(0.4, 1.05), yticks=[0.5, 0.75, 1])
    c.set_xticks(range(len(lengths)), lengths)
    c.set_title("C")
    return figures.Picture(figure, "Three panels. A: the share of a gradient that is left by steps back, for "
                                   f"{len(log10_left)} networks. B: an attention map. C: accuracy by length, "
                                   f"trained at T = {lengths[0]}, for {len(by_length)} networks.")
