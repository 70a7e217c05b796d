"""A JupyterHub with a course of its own, and students who log in to it with a browser."""

import contextlib
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))

import hub as course_hub  # noqa: E402
from lab import Notebook, launch, source  # noqa: E402, F401

# each picture is an element of its own
ANOTHER = "([f, before]) => { const i = f.querySelector('.rnn-picture img'); return i && i.src !== before && i.complete; }"


class Hub:
    """A running hub with a course of its own to change; `folder` holds all it writes."""

    def __init__(self, folder, cull=None):
        self.folder, self.address = folder, f"http://127.0.0.1:{course_hub.free_port()}"
        self.course = folder / "course"
        subprocess.run(["git", "clone", "--quiet", ROOT, self.course], check=True)
        self.repository = course_hub.publish(folder, self.course)
        config = course_hub.configure(folder, int(self.address.rsplit(":")[-1]), cull, ["--LabApp.expose_app_in_browser=True"])
        self.log = open(folder / "hub.log", "w")
        self.process = subprocess.Popen(course_hub.command(config), cwd=folder, stdout=self.log, stderr=self.log)
        for _ in range(900):
            if self.process.poll() is not None:
                raise RuntimeError(f"the hub ended at once; its log is {self.log.name}")
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.address}/hub/health", timeout=2).read()
                return
            time.sleep(0.1)
        raise RuntimeError(f"the hub did not answer; its log is {self.log.name}")

    def home(self, name):
        return self.folder / "home" / name / course_hub.NAME

    def publish(self, message):
        """The course as it now stands in `course` becomes what the link brings."""
        who = ["-c", "user.name=teacher", "-c", "user.email=teacher@example.org"]
        subprocess.run(["git", *who, "commit", "--quiet", "--all", "--message", message], cwd=self.course, check=True)
        course_hub.publish(self.folder, self.course)

    def link(self, lesson):
        return course_hub.link(self.address, self.repository, f"doc/tree/{{}}/notebooks/{lesson}")

    def end(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


class Student(Notebook):
    """A person with a browser of their own, who follows the link of a lesson; logs in where asked."""

    def __init__(self, browser, hub, name, lesson="00_start_here.ipynb", wait=True):
        self.hub, self.student, self.lesson = hub, name, lesson
        self.page = browser.new_context(viewport={"width": 1200, "height": 1000}).new_page()
        self.set_out()
        if wait:
            self.arrive()

    def set_out(self):
        """Follow the link, and log in where asked."""
        self.start = time.monotonic()
        self.page.goto(self.hub.link(self.lesson), wait_until="commit")
        if "/hub/login" in self.page.url:
            self.page.wait_for_selector("#username_input", timeout=120_000)
            self.page.fill("#username_input", self.student)
            self.page.click("#login_submit", no_wait_after=True)

    def arrive(self):
        """Wait for the open lesson with its kernel; `opened` says how many seconds it took."""
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=300_000)
        self.wait_for_idle(300)
        self.opened = time.monotonic() - self.start

    def follow(self):
        self.set_out()
        self.arrive()

    def save(self):
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        self.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")

    def leave(self):
        self.page.context.close()
