"""A Firefox that is driven over WebDriver BiDi, without a driver program: enough to open a page and run scripts in it."""
import contextlib
import itertools
import json
import re
import shutil
import subprocess
import tempfile
import time

import pytest


class Firefox:
    def __init__(self, socket):
        self.socket, self.numbers = socket, itertools.count(1)
        self.ask("session.new", capabilities={})
        self.context = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
                return answer["result"]

    def open(self, address):
        self.ask("browsingContext.navigate", context=self.context, url=address, wait="complete")
        # answered too early where the page before wrote its address anew (history.replaceState) at that moment
        there, ends = [address.split("?")[0], "complete"], time.monotonic() + 60
        while True:
            with contextlib.suppress(RuntimeError):     # that page was about to go
                if self.run("return [location.href.split('?')[0], document.readyState];") == there:
                    return
            assert time.monotonic() < ends, f"{address} did not come within a minute"
            time.sleep(0.05)

    def run(self, script):
        """The value, as JSON has it, of an async function's body."""
        answer = self.ask("script.evaluate", target={"context": self.context}, awaitPromise=True,
                          expression=f"(async () => {{ {script} }})().then(JSON.stringify)")
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def press(self, key):
        self.ask("input.performActions", context=self.context, actions=[
            {"type": "key", "id": "keyboard", "actions": [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}])


@contextlib.contextmanager
def firefox():
    """A headless Firefox; the test is skipped where there is none."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if not program:
        pytest.skip("Firefox is missing (apt-get install firefox-esr): it is not tried")
    websocket = pytest.importorskip("websocket", reason="websocket-client is missing: Firefox is not tried")
    with tempfile.TemporaryDirectory() as profile:
        process = subprocess.Popen([program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
                                   stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        try:
            for line in process.stderr:
                if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                    break
            else:
                raise RuntimeError("Firefox did not start")
            socket = websocket.create_connection(f"{found[1]}/session", timeout=90, suppress_origin=True)
            with contextlib.closing(socket):
                yield Firefox(socket)
        finally:
            process.terminate()
            process.wait()
            process.stderr.close()
