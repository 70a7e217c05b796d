"""A WebKitGTK, the engine of Safari, driven by its own WebDriver: enough to open a page and run scripts in it."""
import contextlib
import glob
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from lab import free_port


class WebKit:
    def __init__(self, address, program):
        self.session = f"{address}/session"
        options = {"webkitgtk:browserOptions": {"binary": program, "args": ["--automation"]}}
        found = self.ask("", capabilities={"alwaysMatch": options})
        self.session += f"/{found['sessionId']}"

    def ask(self, command, method="POST", **parameters):
        request = urllib.request.Request(self.session + command, json.dumps(parameters).encode() if method == "POST" else None,
                                         {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(f"{command}: {error.read().decode()}") from None

    def open(self, address):
        self.ask("/url", url=address)

    def run(self, script):
        """The value, as JSON has it, of an async function's body."""
        value, error = json.loads(self.ask("/execute/async", args=[], script=f"""const done = arguments[0];
            (async () => {{ {script} }})().then(value => done(JSON.stringify([value ?? null, null])),
                                               error => done(JSON.stringify([null, String(error)])));"""))
        if error:
            raise RuntimeError(error)
        return value

    def press(self, key):
        self.ask("/actions", actions=[{"type": "key", "id": "keyboard",
                                       "actions": [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}])


@contextlib.contextmanager
def webkit():
    """A WebKitGTK on a screen that nobody sees; the test is skipped where there is none."""
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    programs = sorted(glob.glob("/usr/lib/*/webkit2gtk-4*/MiniBrowser"))
    if not (driver and screen and programs):
        pytest.skip("WebKitGTK is missing (apt-get install webkit2gtk-driver xvfb): it is not tried")
    port, (said, says) = free_port(), os.pipe()
    shown = subprocess.Popen([screen, "-displayfd", str(says), "-screen", "0", "1280x900x24"], pass_fds=[says],
                             stderr=subprocess.DEVNULL)
    os.close(says)
    with os.fdopen(said) as line:
        display = f":{line.readline().strip()}"
    process = subprocess.Popen([driver, f"--port={port}"], env={**os.environ, "DISPLAY": display, "GDK_BACKEND": "x11"},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        browser = WebKit(f"http://127.0.0.1:{port}", programs[-1])
        yield browser
        browser.ask("", method="DELETE")
    finally:
        for each in (process, shown):
            each.terminate()
            each.wait()
