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


class Raised(Trouble):
    """It raised an exception."""


@contextlib.contextmanager
def time_limit(seconds):
    """Raise OutOfTime in the Python code of the block once the time is over.

    A trace function looks at the clock at every instruction (`while True: pass` never comes to a new line). Signals would need a
    main thread and are missing on Windows and in the browser; a second thread is missing in the browser and could not be ended
    anywhere. One long call into C (a sleep, a huge product) is not looked into: the stop button ends that.
    """
    until, before, over = time.monotonic() + seconds, sys.gettrace(), False

    class Again(OutOfTime):
        """Comes back when it was swallowed: `while True` around `try` and a bare `except` would go on for ever otherwise.

        Python drops a trace function that raises. The exception dies where the `except` ends: there the function is put back, and
        raises at the next instruction, outside the `try`.
        """

        def __init__(self, frame):
            self.frame = frame

        def __del__(self):
            if not over:
                sys.settrace(look)
                while self.frame is not None:
                    self.frame.f_trace, self.frame = look, self.frame.f_back

    def look(frame, event, _):
        frame.f_trace_opcodes = True
        if time.monotonic() > until and not over:
            raise Again(frame)
        return look

    sys.settrace(look)
    try:
        yield
    finally:
        over = True
        sys.settrace(before)


@contextlib.contextmanager
def spoiled_memory():
    """np.empty gives NaN (whole numbers: the least there is), so that an entry never filled is never right by luck."""
    empty, empty_like = np.empty, np.empty_like

    def spoil(array):
        if array.dtype.kind in "fc":
            array.fill(np.nan)
        elif array.dtype.kind in "iu":
            array.fill(np.iinfo(array.dtype).min or np.iinfo(array.dtype).max)
        return array

    np.empty, np.empty_like = lambda *a, **k: spoil(empty(*a, **k)), lambda *a, **k: spoil(empty_like(*a, **k))
    try:
        yield
    finally:
        np.empty, np.empty_like = empty, empty_like


class Prints(io.StringIO):
    """What a function prints, as far as anyone would read it."""

    most = 4000

    def write(self, text):
        left = self.most - self.tell()
        if left > 0:
            super().write(text if len(text) <= left else text[:left] + "\n... (it prints more; this is enough)\n")
        return len(text)


@contextlib.contextmanager
def aside(prints, seconds):
    """For running a learner's code: warnings are silent, what is printed goes to `prints`; a time limit, unless seconds is None."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(prints), spoiled_memory():
        warnings.simplefilter("ignore")
        with time_limit(seconds) if seconds else contextlib.nullcontext():
            yield


def call(function, arguments, quiet):
    """function(**copies of arguments), by position. Returns the result, the copies, and which of them it changed in place."""
    given = copy.deepcopy(arguments)
    handed = list(given.values())
    prints = Prints()
    try:
        with aside(prints, SECONDS):
            result = function(*handed)
    except OutOfTime:
        raise Trouble(f"It was still running after {SECONDS:.0f} seconds: is there a loop that never ends? Look at its "
                      "condition, and at what changes it.") from None
    except RecursionError:
        raise Trouble("It calls itself without an end (RecursionError): what should stop it?") from None
    except KeyboardInterrupt:       # the stop button
        raise
    except NotImplementedError:     # the stub of many other courses
        result = ...
    except BaseException as error:
        raise Raised(describe(error, function, arguments)) from None
    finally:
        if not quiet:
            print(prints.getvalue(), end="")
    return result, given, [name for name in arguments if not same(arguments[name], given[name])]


# what an exception usually means here: its type, a part of its text, and a question
HINTS = (
    (ValueError, "matmul", "In A @ B the last axis of A must be as long as the first of B: is a .T missing or one too many?"),
    (ValueError, "not aligned", "In a product the inner axes must be equally long: is a .T missing or one too many?"),
    (ValueError, "broadcast", "Two arrays of different shapes meet there: write down the shape of each, axis by axis."),
    (ValueError, "truth value", "An if or a min/max of whole arrays: np.minimum, np.maximum or np.where work entry by entry."),
    (IndexError, "out of bounds", "Indices run from 0 to the length - 1: does it go one too far, or along another axis?"),
    (TypeError, "for ^", "A power is written ** in Python."),
    (TypeError, "bitwise_xor", "A power is written ** in Python."),
    (TypeError, "0-dimensional", "math.* takes one number; np.* takes arrays."),
    (TypeError, "only length-1", "math.* takes one number; np.* takes arrays."),
    (NameError, "", "Is it an argument, or made before it is used?"),
    (KeyError, "", "The names in a dict are not known beforehand: go through its .items()."),
    (OverflowError, "infinity", "A number is infinite there: which case should be caught before?"),
    (ZeroDivisionError, "", "Which of the sizes may be 1, so that size - 1 is 0?"),
)


def describe(error, function, arguments):
    """An exception in the learner's words: their line, what was raised, and the shapes they were given."""
    code = getattr(function, "__code__", None)
    where, innermost = "", None
    for frame, line in traceback.walk_tb(error.__traceback__):
        innermost = frame
        if code is not None and frame.f_code.co_filename == code.co_filename:
            where = f"line {line - code.co_firstlineno + 1} of your function, `{_source(frame, line)}`: "
    try:
        said = str(error)
    except Exception:       # an exception class of the learner's own
        said = ""
    if isinstance(error, TypeError) and not where and "argument" in said:
        return (f"It could not be called with {len(arguments)} arguments ({', '.join(arguments)}): {said}. "
                "Keep the first line of the stub as it was.")
    shapes = ", ".join(f"{name} {value.shape}" for name, value in arguments.items() if isinstance(value, np.ndarray))
    hint = ""
    if innermost.f_globals is getattr(function, "__globals__", None):     # what other code raised may have another cause
        hint = next((f" {hint}" for kind, part, hint in HINTS if isinstance(error, kind) and part in said), "")
    elif where and str(innermost.f_globals.get("__name__")).startswith(__package__):
        hint = " It was raised inside a function that you were given: look at what you hand to it, and in which order."
    said = f"{type(error).__name__}: {said.strip().rstrip('.')}".rstrip(": ")
    return f"It raised an exception in {where or 'the function: '}{said}.{hint}" + (f"\nThe shapes it was given: {shapes}."
                                                                                    if shapes else "")


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
