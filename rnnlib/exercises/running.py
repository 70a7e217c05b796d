"""Running a learner's function: with a time limit, with exceptions told in the learner's own line, with nothing broken."""

import contextlib
import copy
import io
import linecache
import sys
import time
import traceback
import warnings

import numpy as np

SECONDS = 3.0


class OutOfTime(BaseException):
    """Not an Exception, so that a learner's `except Exception` does not swallow it."""


class Trouble(Exception):
    """The attempt could not be compared; the message is for the learner."""


@contextlib.contextmanager
def time_limit(seconds):
    """Raise OutOfTime in the Python code of the block once the time is over.

    A trace function looks at the clock at every instruction (`while True: pass` never comes to a new line). Signals would need a main thread and are missing on Windows and in
    the browser; a second thread is missing in the browser and could not be ended anywhere.
    """
    until, before = time.monotonic() + seconds, sys.gettrace()

    def look(frame, event, _):
        frame.f_trace_opcodes = True
        if time.monotonic() > until:
            raise OutOfTime
        return look

    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(before)


def call(function, arguments, quiet):
    """function(**copies of arguments), by position. Returns the result and which arguments it changed in place."""
    given = copy.deepcopy(arguments)
    prints = contextlib.redirect_stdout(io.StringIO()) if quiet else contextlib.nullcontext()
    try:
        with warnings.catch_warnings(), prints:
            warnings.simplefilter("ignore")
            with time_limit(SECONDS):
                result = function(*given.values())
    except OutOfTime:
        raise Trouble(f"It was still running after {SECONDS:.0f} seconds: is there a loop that never ends? Look at its "
                      "condition, and at what changes it.") from None
    except RecursionError:
        raise Trouble("It calls itself without an end (RecursionError): what should stop it?") from None
    except (Exception, SystemExit) as error:
        raise Trouble(describe(error, function, arguments)) from None
    return result, [name for name in arguments if not same(arguments[name], given[name])]


def describe(error, function, arguments):
    """An exception in the learner's words: their line, what was raised, and the shapes they were given."""
    code = getattr(function, "__code__", None)
    where = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if code is not None and frame.f_code.co_filename == code.co_filename:
            where = f"line {line - code.co_firstlineno + 1} of your function, `{_source(frame, line)}`: "
    if isinstance(error, TypeError) and not where and "argument" in str(error):
        return (f"It could not be called with {len(arguments)} arguments ({', '.join(arguments)}): {error}. "
                "Keep the first line of the stub as it was.")
    shapes = ", ".join(f"{name} {value.shape}" for name, value in arguments.items() if isinstance(value, np.ndarray))
    return f"It raised an exception in {where or 'the function: '}{type(error).__name__}: {error}." + \
           (f"\nThe shapes it was given: {shapes}." if shapes else "")


def _source(frame, line):
    return (linecache.getline(frame.f_code.co_filename, line) or "").strip() or "source not found"


def same(a, b):
    """Equal in type, shape and every number (NaN equals NaN), through dicts, lists and tuples."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return (isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape == b.shape
                and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f" and b.dtype.kind == "f")))
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(map(same, a, b))
    return callable(a) or a == b
