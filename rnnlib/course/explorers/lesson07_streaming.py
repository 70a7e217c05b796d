"""Figures on labels that are given while the samples arrive: the stream itself, and how late a change is noticed."""

import numpy as np

from .. import figures, marks
from ..figures import BLACK, GREY, INPUT, OUTPUT
from ..live import LiveFigure, slider
from .lesson07_many_to_many import SHARES

SHOWN = 150             # samples in the window of a stream


@figures.style()
def sensor_stream(x, activity, p, labels, rate, t=110):
    """What a sensor has shown up to now, and the label that was given at each sample as it came.

    Parameters
    ----------
    x : ndarray (T, 3)
        Samples, in g.
    activity : ndarray of int (T,)
        The truth.
    p : ndarray (T, K)
        The probabilities of the labels at each sample, from the samples up to it.
    labels : sequence of str (K,)
    rate : int
        Samples a second.
    """
    T, K = p.shape
    figure, (top, bottom) = figures.new(2, 1, size=(8.4, 4.7), left=1.0, right=0.25, bottom=0.65, top=0.55, hspace=0.1,
                                        height_ratios=[5, 4], sharex=True)
    traces = [top.plot([], [], color=INPUT, linestyle=style, linewidth=width)[0]
              for style, width in (((0, (1, 1)), 1.6), ("--", 1.4), ("-", 1.8))]
    top.set_ylim(-1.1, 3.4)
    top.set_yticks([0, 1, 2])
    top.set_ylabel("acceleration (g)")
    top.tick_params(labelbottom=False)
    image = bottom.imshow(np.zeros((K, SHOWN)), cmap=SHARES, vmin=0, vmax=1, aspect="auto", extent=(0, SHOWN, K - 0.5, -0.5))
    truth, = bottom.plot([], [], color=BLACK, linewidth=2.5, drawstyle="steps-mid")
    bottom.set_yticks(np.arange(K), labels)
    bottom.grid(False)
    bottom.set_xlim(-SHOWN / rate, 0)
    image.set_extent((-SHOWN / rate, 0, K - 0.5, -0.5))
    bottom.set_xticks([-6, -4, -2, 0])
    bottom.set_xlabel("seconds before now", loc="left")
    # outlines instead of texts: words that never change then cost next to nothing in a redraw
    marks.write(bottom, 0, K - 0.5, "green: given as it came, line: the truth", ha="right", shift=-28)
    for at, label in ((-5.9, "upwards: full line"), (-3.7, "forwards: dashed"), (-1.7, "sideways: dotted")):
        marks.write(top, at * SHOWN / rate / 6, 3.15, label, ha="left")
    changes = np.flatnonzero(activity[1:] != activity[:-1]) + 1
    answer = p.argmax(axis=1)

    def draw(t):
        first = max(t - SHOWN, 0)
        seconds = (np.arange(first, t) - t + 0.5) / rate
        for trace, values in zip(traces, x[first:t].T):
            trace.set_data(seconds, values)
        shares = np.zeros((K, SHOWN))
        shares[:, SHOWN - (t - first):] = p[first:t].T
        image.set_data(shares)
        truth.set_data(seconds, activity[first:t])
        now, real = labels[answer[t - 1]], labels[activity[t - 1]]
        top.set_title(f"{t / rate:.1f} s: “{now}”" + (", and that is right" if now == real else f", but it is {real}"))
        said = f"At {t / rate:.2f} s it says {now} ({p[t - 1].max():.2f}). "
        last = changes[changes < t]
        if not len(last):
            return said + "Nothing has changed since the stream began."
        named = (answer[last[-1]:t] == activity[last[-1]]).any()
        return said + (f"The last change, to {labels[activity[last[-1]]]}, came {(t - last[-1]) / rate:.2f} s ago"
                       + f" and has {'' if named else 'not '}been named{'' if named else ' yet'}.")

    return LiveFigure(figure, draw, play="t", pace=rate, t=slider("samples heard", t, min(rate, t), T))


@figures.style()
def holding(outcome, ideal, rate, longest, hold=1):
    """What it costs and buys to hold a new label back until it has lasted for some samples.

    Parameters
    ----------
    outcome, ideal : function (hold) -> (ndarray (changes,), float)
        Of the network and of Bayes' detector, held as long: the delay of every change, in samples from 0 (NaN: never right), and
        the false changes per minute.
    rate, longest : int
        Samples a second; the largest hold.
    """
    holds = np.arange(1, longest + 1)
    both = [[each(int(n)) for n in holds] for each in (outcome, ideal)]
    medians = [np.array([np.nanmedian(delay) / rate for delay, _ in results]) for results in both]
    alarms = [np.array([false for _, false in results]) for results in both]
    figure, (left, right) = figures.new(1, 2, size=(8.4, 4.3), left=0.85, right=0.3, top=0.55, wspace=0.32)
    within = np.arange(0, 26)

    curves = [left.step(within / rate, np.zeros(len(within)), where="post", **look)[0]
              for look in ({"color": OUTPUT, "linewidth": 3}, {"color": GREY, "linestyle": "--"})]
    left.set(xlim=(0, within[-1] / rate), ylim=(0, 1.2), xlabel="seconds after the change",
             ylabel="changes right, to stay (share)")
    left.set_yticks([0, 0.5, 1])
    left.set_xticks([0, 0.5, 1])
    marks.write(left, 0.98 * within[-1] / rate, 1.11, "dashed: Bayes' detector", ha="right")
    right.plot(medians[1], alarms[1], "s--", color=GREY, markersize=5, markeredgewidth=0)
    right.plot(medians[0], alarms[0], "o-", color=OUTPUT, markersize=6, markeredgewidth=0, linewidth=1.5, alpha=0.6)
    right.locator_params(nbins=4)
    here = [right.plot([], [], marker, color=color, markersize=12, clip_on=False)[0]
            for marker, color in (("o", OUTPUT), ("s", GREY))]
    right.set(xlim=(0, 1.08 * max(map(np.max, medians))), ylim=(0, 1.1 * max(map(np.max, alarms))),
              xlabel="median delay (seconds)", ylabel="false changes per minute")

    def draw(hold):
        for i, results in enumerate(both):
            curves[i].set_data(within / rate, (results[hold - 1][0][:, None] <= within).mean(axis=0))      # NaN: False, never
            here[i].set_data([medians[i][hold - 1]], [alarms[i][hold - 1]])
        delay, false = both[0][hold - 1]
        left.set_title(f"Held for {hold}: half are right within {medians[0][hold - 1]:.2f} s, "
                       f"{false:.1f} false changes per minute")
        return (f"hold = {hold}: half of the changes are shown right, to stay, within {medians[0][hold - 1]:.2f} s, "
                f"{np.isnan(delay).sum()} of {len(delay)} never; {false:.1f} false changes per minute. Bayes' detector, held as "
                f"long: {medians[1][hold - 1]:.2f} s and {alarms[1][hold - 1]:.1f}.")

    return LiveFigure(figure, draw, hold=slider("samples to hold", hold, 1, longest))
