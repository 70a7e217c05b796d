"""From a pressed key to the painted picture, in a real JupyterLab, for every slider figure of the course.

Pictures are drawn ahead while somebody moves a slider, and shown from the page's own store; three movements tell how well that
keeps up: single key presses, a key that is held, and a drag along the whole slider. One figure is measured once more behind a
proxy that holds back every byte for a while each way, as a distant server does, beside itself with nothing drawn ahead and a
plain ipywidgets.Image (the plain way).

Beside all of them the same picture drawn the common way: a function under ipywidgets.interact that makes its figure anew and
ends with plt.show(), with the inline backend as it comes. It uses the explorer's own drawing code, so both ways draw the same
artists; what differs is how the picture is made (in place, or from nothing) and how it gets to the page. A hand-written
interact cell would draw as much, perhaps in other words.
"""

import contextlib
import json
import queue
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from tables import held as held_to
from tables import smoke, table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from lab import Notebook, launch, server  # noqa: E402

PRESSES, COMMON_PRESSES, HELD_SECONDS, REPEAT = 40, 12, 1.5, 1 / 30      # a held key repeats 30 times a second
DRAG_SECONDS = 2.0
LIMITS, FASTER = (20, 35), 2.0      # ms that half and 95 % of the presses may take; times as fast as the common way
HELD, DRAGGED, RESTED = 25, 25, 150     # exact pictures a second of a held key, pictures a second of a drag, ms until exact
QUICK = 30                          # ms of the kernel for a picture, up to which the rate of a held key is judged
DELAYS = (0, 40, 80)                # ms each way
DELAYED = "00_start_here.ipynb"

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
            figures.Figure, figures.Canvas = plt.figure, lambda figure: None
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

    def sliders(index):
        return {name: control for name, control in made[index][-1].sliders.items()
                if isinstance(control, (ipywidgets.IntSlider, ipywidgets.FloatSlider, ipywidgets.SelectionSlider))}

    def cost(index):
        import time     # processor time of a picture, in ms, each at another place, along the slider where it is the longest
        figure, costs = made[index][-1], []
        for name, control in sliders(index).items():
            at, count, start = live._position(control), live._count(control), time.process_time()
            for k in range(at + 1, at + 11):
                figure._picture({**figure.values(), name: live._at(control, k % count)})
            costs.append(100 * (time.process_time() - start))
        return max(costs)

    def counts(index):
        return [live._count(control) for control in sliders(index).values()]

    return made, common, cost, counts

_made, _common, _cost, _counts = _benchmark()
"""

# In the page: when a key went down or the pointer moved, and when the pictures of one box had changed and were painted; exact
# are those that belong to where the sliders stand, and not to a place nearby. Pictures of two places may look alike: they are
# told apart by their elements.
WATCH = """box => { window.timing = {pressed: 0, moved: 0, exact: 0, pictures: 0, exactPictures: 0};
    const images = () => [...box.querySelectorAll('img')], shown = () => images().flatMap(i => [i, i.src]);
    const alike = (one, other) => one.length === other.length && one.every((part, i) => part === other[i]);
    const busy = () => box.querySelector('[aria-busy]') !== null;
    let last = shown(), late = busy(); const mine = window.watching = {};
    document.addEventListener('keydown', () => { timing.pressed = performance.now(); }, true);
    document.addEventListener('mousemove', () => { timing.moved = performance.now(); }, true);
    const tick = () => { const now = shown(), exact = !busy();
        const another = !alike(now, last);
        if (now.length && (another || (late && exact)) && images().every(i => i.complete && i.naturalWidth)) {
            last = now; late = !exact; const painted = new MessageChannel();
            painted.port1.onmessage = () => { if (exact) timing.exact = performance.now();
                if (another) { timing.pictures += 1; timing.exactPictures += exact ? 1 : 0; } };
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
        page.wait_for_function("() => timing.exact > timing.pressed", timeout=1000 * seconds, polling=20)
    except Exception:       # Playwright's own TimeoutError, which must not be imported where it is not installed
        return None
    return page.evaluate("() => timing.exact - timing.pressed")


def away(handle):
    """An arrow key that the slider can follow, and the one that leads back."""
    at, most = (float(handle.get_attribute(f"aria-value{which}")) for which in ("now", "max"))
    return ("ArrowLeft", "ArrowRight") if at >= most else ("ArrowRight", "ArrowLeft")


def handles_of(notebook, box):
    """The handles of a box of sliders that is in view, watched."""
    box.scroll_into_view_if_needed()
    notebook.page.wait_for_timeout(300)
    notebook.wait_for_idle()
    box.evaluate(WATCH)
    return [box.locator(".noUi-handle").nth(i) for i in range(box.locator(".noUi-handle").count())]


def pressed(notebook, handles, count):
    """Waits in ms for `count` presses, each slider in turn: there, and back. A slider finer than what is drawn is left out."""
    keys, waits, silent, moves = {i: away(handle) for i, handle in enumerate(handles)}, [], set(), 0
    while moves < count and len(silent) < len(handles):
        for i, handle in enumerate(handles):
            for key in keys[i] if i not in silent else ():
                wait = press(notebook, handle, key)
                moves += 1
                waits += [wait] if wait is not None else []
                silent |= {i} if wait is None else set()
                notebook.page.wait_for_timeout(40)
    return waits


def held(notebook, handle, count, seconds):
    """Exact pictures a second while an arrow key is held: again and again without a key-up, as a keyboard does.

    At an end of the slider's `count` positions the key that leads back is held.
    """
    page, (key, back) = notebook.page, ("ArrowRight", "ArrowLeft")
    now, least, most = (float(handle.get_attribute(f"aria-value{which}")) for which in ("now", "min", "max"))
    at = round((now - least) / (most - least) * (count - 1))
    handle.focus()
    page.wait_for_timeout(300)
    before, start = page.evaluate("() => timing.exactPictures"), time.monotonic()
    for n in range(1, round(seconds / REPEAT) + 1):
        if at == (count - 1 if key == "ArrowRight" else 0):
            page.keyboard.up(key)
            key, back = back, key
        page.keyboard.down(key)
        at += 1 if key == "ArrowRight" else -1
        time.sleep(max(0, start + n * REPEAT - time.monotonic()))
    rate = (page.evaluate("() => timing.exactPictures") - before) / (time.monotonic() - start)
    page.keyboard.up(key)
    page.wait_for_timeout(500)
    return rate


# A hand does not wait for the page, as a program that sends it one movement after the other does: a movement each frame.
DRAG = """([x, width, y, seconds]) => new Promise(done => { const start = performance.now(), before = timing.pictures;
    const move = () => { const part = Math.min((performance.now() - start) / 1000 / seconds, 1);
        const event = {clientX: x + width * part, clientY: y, buttons: 1, bubbles: true, cancelable: true};
        document.documentElement.dispatchEvent(new MouseEvent('mousemove', event));
        if (part < 1) requestAnimationFrame(move);
        else done((timing.pictures - before) / (performance.now() - start) * 1000); };
    requestAnimationFrame(move); })"""


def dragged(notebook, handle, seconds):
    """(pictures a second while a slider is dragged from end to end, ms from its rest until the picture is exact)."""
    page, track, at = notebook.page, handle.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]").bounding_box(), \
        handle.bounding_box()
    y = at["y"] + at["height"] / 2
    page.mouse.move(at["x"] + at["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(track["x"], y)
    page.wait_for_timeout(500)
    rate = page.evaluate(DRAG, [track["x"], track["width"], y, seconds])
    page.wait_for_timeout(1500)
    rest = page.evaluate("() => timing.exact - timing.moved")
    page.mouse.move(track["x"] + track["width"], y)
    page.mouse.up()
    return rate, max(0.0, rest)


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
        handles = handles_of(notebook, box)
        waits = pressed(notebook, handles, presses)
        counts = json.loads(ask(notebook, f"_counts({index})"))
        rates = [held(notebook, handle, count, seconds) for handle, count in zip(handles, counts, strict=True)]
        drags = [(*dragged(notebook, handle, min(DRAG_SECONDS, 2 * seconds)), count) for handle, count in zip(handles, counts)]
        cost = float(ask(notebook, f"_cost({index})"))
        notebook.page.evaluate(LAST_CELL, f"_common({index})")
        notebook.wait_for_idle()
        common_box = notebook.page.locator(".widget-interact").last
        common_box.locator("img").first.wait_for(timeout=120_000)
        common = pressed(notebook, handles_of(notebook, common_box), common_presses)
        yield name, waits, rates, drags, cost, common


def p95(waits):
    return sorted(waits)[max(0, round(0.95 * len(waits)) - 1)]


def row(lesson, name, waits, rates, drags, cost, common, judged):
    if not waits or not common:
        return [f"{lesson} {name}", "**no picture came**", *["-"] * 8]
    middle, end, middle_common = statistics.median(waits), p95(waits), statistics.median(common)
    rate, resting = min(rates), max(rest for _, rest, _ in drags)
    # a slider with few positions has no more pictures than those, less the one it begins with
    dragging, wanted = min(((rate, min(DRAGGED, 0.9 * (count - 1) / DRAG_SECONDS)) for rate, _, count in drags),
                           key=lambda drag: drag[0] / drag[1])
    within = (middle <= LIMITS[0], end <= LIMITS[1], rate >= HELD or cost > QUICK, dragging >= wanted, resting <= RESTED,
              middle_common >= FASTER * middle)
    fine = [well or not judged for well in within]
    return [f"{lesson} {name}", held_to(f"{middle:.0f}", fine[0]), held_to(f"{end:.0f}", fine[1]),
            held_to(f"{rate:.0f}", fine[2]), held_to(f"{dragging:.0f} of {wanted:.0f}", fine[3]),
            held_to(f"{resting:.0f}", fine[4]), f"{cost:.0f}", f"{middle_common:.0f}", f"{p95(common):.0f}",
            held_to(f"{middle_common / middle:.1f}", fine[5])]


@contextlib.contextmanager
def delayed(address, milliseconds):
    """A proxy before a server that holds back what goes either way; yields its address."""
    there = urlsplit(address).hostname, urlsplit(address).port

    def pass_on(source, target):
        """Each piece so much later than it came, and the pieces in order."""
        pieces = queue.Queue()

        def write():
            while piece := pieces.get():
                time.sleep(max(0, piece[0] - time.monotonic()))
                target.sendall(piece[1])
            target.close()

        def read():
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    pieces.put((time.monotonic() + milliseconds / 1000, data))
            pieces.put(None)

        for work in (write, read):
            threading.Thread(target=lambda work=work: quietly(work), daemon=True).start()

    def quietly(work):
        with contextlib.suppress(OSError):
            work()

    def accept():
        while True:
            here, far = listening.accept()[0], socket.create_connection(there)
            for end in (here, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pass_on(here, far)
            pass_on(far, here)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=quietly, args=(accept,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def distant(browser, address, presses, seconds):
    """Rows for one figure behind a line, with pictures drawn ahead and the plain way."""
    for delay in DELAYS:
        with delayed(address, delay) as proxy:
            for way, before in (("drawn ahead", "1"), ("plain", "setattr(__import__('rnnlib.course.page').course.page.Page,"
                                                                " 'page_answers', False)")):
                notebook = Notebook(browser, proxy, DELAYED)
                ask(notebook, before, PREPARE)
                notebook.run_all()
                box = (notebook.figures() if way == "drawn ahead" else notebook.plain_figures())[0]
                handles = handles_of(notebook, box)
                waits = pressed(notebook, handles, presses)
                counts = json.loads(ask(notebook, "_counts(0)"))
                rates = [held(notebook, handle, count, seconds) for handle, count in zip(handles, counts, strict=True)]
                drags = [dragged(notebook, handle, min(DRAG_SECONDS, 2 * seconds)) for handle in handles]
                notebook.close()
                yield [f"{delay} ms each way", way, f"{statistics.median(waits):.0f}", f"{p95(waits):.0f}",
                       " and ".join(f"{rate:.0f}" for rate in rates), " and ".join(f"{rate:.0f}" for rate, _ in drags),
                       " and ".join(f"{rest:.0f}" for _, rest in drags)]


def main():
    tiny = smoke()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("playwright is not installed: the slider figures are skipped.")
        return
    presses, common_presses, seconds = (2, 1, 0.1) if tiny else (PRESSES, COMMON_PRESSES, HELD_SECONDS)
    rows, far = [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder, home = Path(scratch, "course"), Path(scratch, "home")
        home.mkdir()
        shutil.copytree(ROOT / "notebooks", folder)
        lessons = sorted(path.name for path in folder.glob("[0-9]*.ipynb"))
        with server(folder, home) as address, sync_playwright() as playwright:
            browser = launch(playwright)
            for name in lessons[:1] if tiny else lessons:
                notebook = Notebook(browser, address, name)
                try:
                    for figure, *numbers in measure(notebook, presses, common_presses, seconds):
                        rows.append(row(name[:2], figure, *numbers, judged=not tiny))
                        print(f"{' | '.join(rows[-1])}", file=sys.stderr, flush=True)
                except Exception as error:      # the other lessons are still worth measuring
                    if tiny:
                        raise
                    print(f"{name}: {error}", file=sys.stderr, flush=True)
                    rows.append([f"{name[:2]} the rest", f"**{type(error).__name__}**", *["-"] * 8])
                notebook.close()
            for line in distant(browser, address, presses, seconds):
                far.append(line)
                print(f"{' | '.join(line)}", file=sys.stderr, flush=True)
            browser.close()
    print(f"""
Milliseconds from a pressed arrow key to the painted picture, in JupyterLab under headless Chromium: browser, server and kernel
share the machine. {presses} presses a figure, its sliders in turn; {common_presses} the common way: `interact` with a new
figure and `plt.show()` at each move, in the same notebook and run, with the explorer's own drawing code: what differs is that
the figure is made anew and how its picture gets to the page. "Held": exact pictures a second while an arrow key repeats 30
times a second, "drag": pictures a second from end to end in {DRAG_SECONDS:g} s, of as many as are wanted, {DRAGGED} or nine
tenths of what the slider's positions allow, "rest": milliseconds until the picture is exact
after that; of a figure's sliders the worst one. "Kernel": processor time of a picture, the mean of ten beside each other, in ms.
Wanted: p50 {LIMITS[0]} and p95 {LIMITS[1]} ms, {HELD} held where a picture takes at most {QUICK} ms, {RESTED} ms of rest, and
{FASTER:g} times as fast as the common way.""")
    table("Slider figures", ["lesson, figure", "p50", "p95", "held", "drag", "rest", "kernel", "common p50", "common p95",
                             "times as fast"], rows)
    print("""
The first of them behind a proxy that holds back every byte, each way: pictures drawn ahead beside the same figure with none (a
plain ipywidgets.Image). Both of its sliders where there are two numbers.""")
    table("At a distance", ["line", "way", "p50", "p95", "held", "drag", "rest"], far)


if __name__ == "__main__":
    main()
