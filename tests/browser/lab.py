"""JupyterLab in a headless browser: start it, open a notebook, run it, look at it. Used by the tests and the benchmark."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

# without these Chromium talks to its maker's servers at every start; it has no sandbox for root, as in containers
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


PICTURE = ".rnn-picture img"      # of a live figure


def source(figure):
    """The address of the picture that a live figure shows."""
    return figure.locator(PICTURE).first.get_attribute("src")


def launch(playwright, *flags):
    """The system's Chromium or Chrome where there is one, else the one Playwright has downloaded; `flags` are added."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return playwright.chromium.launch(executable_path=next(filter(None, map(shutil.which, names)), None), args=[*FLAGS, *flags])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(folder, home, app="jupyterlab", settings="tools/jupyter", **variables):
    """JupyterLab on `folder` (nothing of the user's own configuration, kept in `home`); yields its address.

    app="notebook" starts Notebook 7; settings=None leaves out what `make lab` sets; `variables` are those of the environment.
    """
    port = free_port()
    arguments = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
                 "--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.root_dir={folder}",
                 "--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"]
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": f"{home}/config", "JUPYTER_RUNTIME_DIR": f"{home}/runtime",
                   "JUPYTERLAB_WORKSPACES_DIR": f"{home}/workspaces", "JUPYTERLAB_SETTINGS_DIR": f"{home}/settings",
                   "JUPYTER_CONFIG_PATH": str(Path(__file__).parents[2] / settings) if settings else "",
                   "JUPYTER_PATH": os.path.join(sys.prefix, "share", "jupyter"), "IPYTHONDIR": f"{home}/ipython",
                   **variables}
    log = open(f"{home}/lab.log", "w")
    process = subprocess.Popen([sys.executable, "-m", app, *arguments], env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise RuntimeError(f"JupyterLab ended at once; its log is {log.name}")
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/api/status", timeout=2).read()
                break
            time.sleep(0.1)
        else:
            raise RuntimeError(f"JupyterLab did not answer within a minute; its log is {log.name}")
        yield address
    finally:
        process.terminate()
        process.wait()
        log.close()


@contextlib.contextmanager
def static_server(folder, prefix="/", headers=()):
    """A plain static server: `folder` under `prefix`, and nothing beside it; yields its address."""
    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path):
            inside = urlsplit(path).path
            return super().translate_path(inside[len(prefix) - 1:] if inside.startswith(prefix) else "/no such file")

        def end_headers(self):
            for name, value in headers:
                self.send_header(name, value)
            super().end_headers()

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *arguments: Handler(*arguments, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{prefix.rstrip('/')}"
    server.shutdown()
    server.server_close()


class Notebook:
    """One notebook open in JupyterLab, on a kernel of its own."""

    def __init__(self, browser, address, name, width=1200, height=1000, **options):
        self.page = browser.new_page(viewport={"width": width, "height": height}, **options)
        self.open(f"{address}/doc/tree/{name}?reset", name)

    def open(self, address, name):
        self.name = name
        self.complaints = []        # of the page itself: scripts that failed
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        self.page.goto(address, wait_until="commit")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        self.wait_for_idle()

    def command(self, name, **arguments):
        return self.page.evaluate("([name, args]) => { window.jupyterapp.commands.execute(name, args); }", [name, arguments])

    def wait_for_idle(self, seconds=120):
        self.page.wait_for_function(
            """() => { const s = window.jupyterapp?.shell?.currentWidget?.sessionContext;
                       return s && s.isReady && s.session?.kernel?.status === 'idle'; }""", timeout=1000 * seconds)

    def run_all(self, seconds=120):
        """Run every cell, wait for the last, and draw all of them: JupyterLab leaves out what is not in view."""
        self.page.evaluate("""() => { window.allRun = false;
            window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.allRun = true; }); }""")
        self.page.wait_for_function("() => window.allRun", timeout=1000 * seconds)
        self.wait_for_idle()
        self.show_all()

    def show_all(self):
        """Scroll through the notebook once, so that every output has been put on the page."""
        for cell in range(self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")):
            self.page.evaluate("""async i => { const n = window.jupyterapp.shell.currentWidget.content;
                await n.scrollToItem(i, 'center'); }""", cell)
            self.page.wait_for_timeout(30)

    def errors(self):
        """The texts of error outputs and of anything printed on stderr."""
        return self.page.evaluate("""() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
            .flatMap(c => c.getOutputs ? c.getOutputs() : [])
            .filter(o => o.output_type === 'error' || o.name === 'stderr')
            .map(o => o.evalue ?? o.text.toString())""")

    def cells(self):
        """The cells as they now stand: dicts with id and source."""
        return self.page.evaluate("""() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
            .map(c => ({id: c.id, source: c.source}))""")

    def write(self, i, source):
        """Put another source into a cell, as typing does."""
        self.page.evaluate("""([i, source]) => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells[i]
            .setSource(source)""", [i, source])

    def run(self, i):
        """Run one cell, and return the text of its outputs."""
        self.page.evaluate("""async i => { const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = i; await notebook.scrollToItem(i, 'center');
            await window.jupyterapp.commands.execute('notebook:run-cell'); }""", i)
        self.wait_for_idle()
        self.page.wait_for_timeout(300)
        return self.page.locator(f".jp-Cell[data-windowed-list-index='{i}'] .jp-Cell-outputArea").inner_text()

    def figures(self):
        """Locators of the live figures: the boxes that hold a picture and a slider, and do not train."""
        boxes = self.page.locator(".rnn-room > .widget-vbox:has(> .rnn-picture):has(.noUi-handle)"
                                  ":not(:has(button:has-text('Train')))")
        return [boxes.nth(i) for i in range(boxes.count())]

    def plain_figures(self):
        """The same where pages have no anywidget."""
        boxes = self.page.locator(".jp-OutputArea-output > .widget-vbox:has(> .widget-vbox > img.widget-image):has(.noUi-handle)")
        return [boxes.nth(i) for i in range(boxes.count())]

    def close(self):
        """Close the page and end its kernel."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()
