"""From a pressed key to the painted picture, in a real JupyterLab, for every slider figure of the course.

Beside it the same picture drawn the common way: a function under ipywidgets.interact that makes its figure anew and ends with
plt.show(), with the inline backend as it comes. It uses the explorer's own drawing code, so both ways draw the same artists;
what differs is how the picture is made (in place, or from nothing) and how it gets to the page. A hand-written interact
cell would draw as much, perhaps in other words.
"""

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from tables import held, smoke, table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from lab import Notebook, launch, server  # noqa: E402

PRESSES, COMMON_PRESSES, HELD_SECONDS, REPEAT = 40, 12, 1.5, 1 / 30      # a held key repeats 30 times a second
LIMITS, FASTER = (90, 140), 2.0     # ms that half and 95 % of the moves may take; times as fast as the common way
LONGER = {"gradient_norms": (90, 150)}      # three cells, T Jacobians each

# In the kernel, before the lesson runs: who made each figure, and how to draw it the common way.
PREPARE = """
def _benchmark():
    import functools, importlib, pkgutil
    import ipywidgets, matplotlib.pyplot as plt
    from rnnlib.course import explorers, figures, live

    made, calls, real, new_figure, new_canvas = [], [], live.LiveFigure, figures.Figure, figures.Canvas
    modules = [importlib.import_module(f"rnnlib.course.explorers.{m.name}") for m in pkgutil.iter_modules(explorers.__path__)]
    classes = [(module, name, value) for module in modules for name, value in vars(module).items()
               if isinstance(value, type) and issubclass(value, real)]      # with a play button, say

    def remembered(name, explorer):
        @functools.wraps(explorer)
        def wrapper(*args, **kwargs):
            calls.append((name, explorer, args, kwargs))
            try:
                return explorer(*args, **kwargs)
            finally:
                calls.pop()
        return wrapper

    def init(self, *args, _init=real.__init__, **kwargs):
        _init(self, *args, **kwargs)
        if any(isinstance(c, (ipywidgets.IntSlider, ipywidgets.FloatSlider, ipywidgets.SelectionSlider))
               for c in self.sliders.values()):
            made.append((*calls[-1], self))

    real.__init__ = init
    for name in explorers.__all__:
        if callable(getattr(explorers, name)) and not isinstance(getattr(explorers, name), type):
            setattr(explorers, name, remembered(name, getattr(explorers, name)))

    class Drawn(Exception):
        pass

    def common(index):
        name, explorer, args, kwargs, figure = made[index]

        def show(**values):
            def once(new, draw, *rest, **sliders):
                with figures.style():
                    draw(**values)
                raise Drawn
            figures.Figure, figures.Canvas = lambda figsize: plt.figure(figsize=figsize), lambda figure: None
            for module, kind, _ in classes:
                setattr(module, kind, once)
            try:
                explorer(*args, **kwargs)
            except Drawn:
                pass
            finally:
                figures.Figure, figures.Canvas = new_figure, new_canvas
                for module, kind, value in classes:
                    setattr(module, kind, value)
            plt.show()

        controls = {}
        for key, control in figure.sliders.items():
            settings = [n for n in ("options", "min", "max", "step", "description", "value") if hasattr(control, n)]
            controls[key] = type(control)(**{n: getattr(control, n) for n in settings})
        ipywidgets.interact(show, **controls)

    return made, common

_made, _common = _benchmark()
"""

# In the page: when a key went down, and when the pictures of one box had changed and were painted.
WATCH = """box => { window.timing = {pressed: 0, seen: 0, pictures: 0};
    const images = () => [...box.querySelectorAll('img')], shown = () => images().map(i => i.src).join();
    let last = shown(); const mine = window.watching = {};
    document.addEventListener('keydown', () => { timing.pressed = performance.now(); }, true);
    const tick = () => { const now = shown();
        if (now && now !== last && images().every(i => i.complete && i.naturalWidth)) {
            last = now; const painted = new MessageChannel();
            painted.port1.onmessage = () => { timing.seen = performance.now(); timing.pictures += 1; };
            painted.port2.postMessage(0); }
        if (window.watching === mine) requestAnimationFrame(tick); };
    requestAnimationFrame(tick); }"""

ASK = """async ([code, wanted]) => { const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const reply = await kernel.requestExecute({code, user_expressions: {wanted}, store_history: false}).done;
    if (reply.content.status !== 'ok') throw new Error(reply.content.evalue);
    const answer = reply.content.user_expressions.wanted;
    if (answer.status !== 'ok') throw new Error(answer.evalue);
    return answer.data['text/plain']; }"""

LAST_CELL = """source => { const n = window.jupyterapp.shell.currentWidget.content, cells = n.model.sharedModel;
    cells.insertCell(cells.cells.length, {cell_type: 'code', source, metadata: {}});
    n.activeCellIndex = cells.cells.length - 1;
    return window.jupyterapp.commands.execute('notebook:run-cell'); }"""


def ask(notebook, wanted, code=""):
    """The value of an expression in the notebook's kernel, as Python prints it; `code` runs before."""
    return notebook.page.evaluate(ASK, [code, wanted])


def press(notebook, handle, key, seconds=4.0):
    """One key press; milliseconds until the new picture was painted, None where none came (a step finer than what is drawn)."""
    handle.focus()
    page = notebook.page
    page.keyboard.press(key)
    try:
        page.wait_for_function("() => timing.seen > timing.pressed", timeout=1000 * seconds, polling=20)
    except Exception:       # Playwright's own TimeoutError, which must not be imported where it is not installed
        return None
    return page.evaluate("() => timing.seen - timing.pressed")


def away(handle):
    """An arrow key that the slider can follow, and the one that leads back."""
    at, most = (float(handle.get_attribute(f"aria-value{which}")) for which in ("now", "max"))
    return ("ArrowLeft", "ArrowRight") if at >= most else ("ArrowRight", "ArrowLeft")


def watch(notebook, box, count, seconds):
    """(waits in ms, pictures a second while a key is held, kernel's processor seconds a move) for one box of sliders."""
    page = notebook.page
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    notebook.wait_for_idle()
    box.evaluate(WATCH)
    handles = [box.locator(".noUi-handle").nth(i) for i in range(box.locator(".noUi-handle").count())]
    keys, waits, silent = {i: away(handle) for i, handle in enumerate(handles)}, [], set()
    before, moves = float(ask(notebook, "_clock()", "from time import process_time as _clock")), 0
    while moves < count and len(silent) < len(handles):     # each slider in turn: there, and back
        for i, handle in enumerate(handles):
            for key in keys[i] if i not in silent else ():
                wait = press(notebook, handle, key)
                moves += 1
                waits += [wait] if wait is not None else []
                silent |= {i} if wait is None else set()
                page.wait_for_timeout(40)
    after = float(ask(notebook, "_clock()"))
    handle, key = handles[0], keys[0][0]
    handle.focus()
    pictures = page.evaluate("() => timing.pictures")
    start = page.evaluate("() => performance.now()")
    while page.evaluate("() => performance.now()") - start < 1000 * seconds:
        page.keyboard.down(key)                             # again and again without a key-up: what a keyboard does
        page.wait_for_timeout(1000 * REPEAT)
        if handle.get_attribute("aria-valuenow") in (handle.get_attribute(f"aria-value{end}") for end in ("min", "max")):
            page.keyboard.up(key)
            key = keys[0][1] if key == keys[0][0] else keys[0][0]
    took = page.evaluate("() => performance.now()") - start
    page.keyboard.up(key)
    rate = (page.evaluate("() => timing.pictures") - pictures) / took * 1000
    return waits, rate, (after - before) / max(moves, 1)


def keep_cells_on_the_page(home):
    """A setting of JupyterLab, which by itself takes cells off the page that are scrolled out of sight: the others move up."""
    settings = home / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "defer"}', encoding="utf-8")


def measure(notebook, presses, common_presses, seconds):
    """A row of numbers for each slider figure of an open notebook; it runs all cells first."""
    ask(notebook, "1", PREPARE)
    notebook.run_all()
    names = json.loads(ask(notebook, "__import__('json').dumps([m[0] for m in _made])")[1:-1])
    for _ in range(5):      # a busy machine puts the last of them on the page late
        boxes = notebook.figures()
        if len(boxes) == len(names):
            break
        notebook.show_all()
        notebook.page.wait_for_timeout(1000)
    else:
        raise RuntimeError(f"{notebook.name} made {len(names)} slider figures ({', '.join(names)}), {len(boxes)} are on the page")
    for index, (name, box) in enumerate(zip(names, boxes)):
        live = watch(notebook, box, presses, seconds)
        notebook.page.evaluate(LAST_CELL, f"_common({index})")
        notebook.wait_for_idle()
        common_box = notebook.page.locator(".widget-interact").last
        common_box.locator("img").first.wait_for(timeout=120_000)
        common = watch(notebook, common_box, common_presses, seconds)
        yield name, live, common


def p95(waits):
    return sorted(waits)[max(0, round(0.95 * len(waits)) - 1)]


def row(lesson, name, live, common, judged):
    (waits, rate, kernel), (waits_common, rate_common, kernel_common) = live, common
    if not waits or not waits_common:
        return [f"{lesson} {name}", "**no picture came**", *["-"] * 9]
    (middle, end), middle_common = ((statistics.median(waits), p95(waits)), statistics.median(waits_common))
    limits = LONGER.get(name, LIMITS)
    within = middle <= limits[0], end <= limits[1], middle_common >= FASTER * middle
    fine = [well or not judged for well in within]
    return [f"{lesson} {name}", held(f"{middle:.0f}", fine[0]), held(f"{end:.0f}", fine[1]),
            f"{limits[0]} / {limits[1]}" if judged else "none", f"{rate:.1f}", f"{1000 * kernel:.0f}",
            f"{middle_common:.0f}", f"{p95(waits_common):.0f}", f"{rate_common:.1f}", f"{1000 * kernel_common:.0f}",
            held(f"{middle_common / middle:.1f}", fine[2])]


def main():
    tiny = smoke()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("playwright is not installed: the slider figures are skipped.")
        return
    presses, common_presses, seconds = (2, 1, 0.1) if tiny else (PRESSES, COMMON_PRESSES, HELD_SECONDS)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder, home = Path(scratch, "course"), Path(scratch, "home")
        keep_cells_on_the_page(home)
        shutil.copytree(ROOT / "notebooks", folder)
        lessons = sorted(path.name for path in folder.glob("[0-9]*.ipynb"))
        with server(folder, home) as address, sync_playwright() as playwright:
            browser = launch(playwright)
            for name in lessons[:1] if tiny else lessons:
                notebook = Notebook(browser, address, name)
                try:
                    for figure, live, common in measure(notebook, presses, common_presses, seconds):
                        rows.append(row(name[:2], figure, live, common, judged=not tiny))
                        print(f"{' | '.join(rows[-1])}", file=sys.stderr, flush=True)
                except Exception as error:      # the other lessons are still worth measuring
                    if tiny:
                        raise
                    print(f"{name}: {error}", file=sys.stderr, flush=True)
                    rows.append([f"{name[:2]} the rest", f"**{type(error).__name__}**", *["-"] * 9])
                notebook.close()
            browser.close()
    print(f"""
Milliseconds from a pressed arrow key to the painted picture, in JupyterLab under headless Chromium: browser, server and kernel
share the machine. {presses} presses a figure, its sliders in turn; {common_presses} the common way: `interact` with a new
figure and `plt.show()` at each move, in the same notebook and run, with the explorer's own drawing code: what differs is that
the figure is made anew and how its picture gets to the page. "A second": pictures while an arrow key is held. "Kernel":
processor time of the kernel a move, messages included. Wanted: p50 and p95 within their limits, and at least {FASTER:g} times as
fast as the common way.""")
    table("Slider figures", ["lesson, figure", "p50", "p95", "limits", "a second", "kernel ms", "common p50", "common p95",
                             "a second", "kernel ms", "times as fast"], rows)


if __name__ == "__main__":
    main()
