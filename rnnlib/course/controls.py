"""Sliders and menus in the course's style, and their values in a sentence."""

import ipywidgets as widgets
import numpy as np

WIDE = {"style": {"description_width": "11em"}, "layout": {"width": "min(98%, 640px)"}}


def slider(label, value, low, high, step=None, continuous=True):
    """A slider in the course's style: whole numbers if `value` is an int, else floats; the arrow keys move it by `step`.

    continuous=False redraws when the slider is let go, for figures that take longer than 100 ms.
    """
    kind = widgets.IntSlider if isinstance(value, int) else widgets.FloatSlider
    step = step or (1 if isinstance(value, int) else (high - low) / 100)
    number = {} if isinstance(value, int) else {"readout_format": f".{max(1, -int(np.floor(np.log10(step) + 1e-9)))}f"}
    return kind(value=value, min=low, max=high, step=step, description=label, continuous_update=continuous,
                **WIDE, **number)


def menu(label, options, value=None):
    """A menu in the course's style; `options` as `ipywidgets.Dropdown` takes them, the first chosen where `value` is None."""
    chosen = {} if value is None else {"value": value}
    return widgets.Dropdown(options=options, description=label, **chosen, **WIDE)


def short(value):
    """A value in a sentence: four digits of a float."""
    return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)
