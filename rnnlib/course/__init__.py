"""What the lessons show and ask, on top of the numerics in `rnnlib`: toy data, figures, live controls, checked exercises.

Nothing in `rnnlib` itself imports this package.
"""

import importlib

ROOMS = ("ahead", "canvas", "drawings", "evidence", "exercises", "explorers", "figures", "live", "marks", "page", "record",
         "static_export", "toydata")


def __getattr__(name):      # each room is loaded when it is first used: widgets and plots take their time
    if name in ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
