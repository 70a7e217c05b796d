"""Ten students at once on one machine: what they need, and how long one waits for a picture while nine hold a slider."""

import statistics
import time

import psutil
from students import ANOTHER, Student, source

N = 10
# presses a key 25 times a second: twenty steps up, twenty down
HOLD = """handle => { let n = 0; setInterval(() => handle.dispatchEvent(new KeyboardEvent('keydown',
    {key: (n++ % 40) < 20 ? 'ArrowRight' : 'ArrowLeft', bubbles: true})), 40); }"""


def memory(process):
    """Megabytes that a process has for itself."""
    return process.memory_full_info().uss / 1e6


def figure_of(student, seconds=120):
    """The figure with two sliders, once it is on the page: ten browsers on two cores take their time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for figure in student.figures():
            if figure.locator(".noUi-handle").count() == 2:
                return figure
        student.page.wait_for_timeout(500)
    raise AssertionError(f"{student.student} sees no figure with two sliders within {seconds} s")


def latency(student, moves=12):
    """Milliseconds from a key to the next picture, the median and the largest."""
    figure = figure_of(student)
    figure.locator(".noUi-handle").first.focus()
    waits = []
    for _ in range(moves):
        before = source(figure)
        start = time.monotonic()
        student.page.keyboard.press("ArrowRight")
        student.page.wait_for_function(ANOTHER, arg=[figure.element_handle(), before], timeout=60_000)
        waits.append(1000 * (time.monotonic() - start))
        student.page.wait_for_timeout(150)
    return statistics.median(waits), max(waits)


def test_ten_at_once(browser, hub, record_property):
    students = [Student(browser, hub, f"student{n}", wait=False) for n in range(N)]
    for student in students:
        student.arrive()
    record_property("from the link to the open lesson, ten at once (s), median and last",
                    [round(f([s.opened for s in students])) for f in (statistics.median, max)])
    start = time.monotonic()
    for student in students:
        student.command("notebook:run-all-cells")
    for student in students:
        student.page.wait_for_timeout(200)
        student.wait_for_idle(300)
    record_property("Run All of lesson 00, ten at once (s)", round(time.monotonic() - start))
    children = psutil.Process(hub.process.pid).children(recursive=True)
    command = {child: " ".join(child.cmdline()) for child in children}
    servers = [child for child, line in command.items() if "singleuser" in line]
    kernels = [child for child, line in command.items() if "ipykernel" in line]
    assert len(servers) == len(kernels) == N
    proxy = [child for child, line in command.items() if "http-proxy" in line]
    for name, some in (("server", servers), ("kernel", kernels)):
        record_property(f"memory of a student's {name} (MB), median and most",
                        [round(f(list(map(memory, some)))) for f in (statistics.median, max)])
    record_property("memory of hub and proxy (MB)", round(sum(map(memory, [psutil.Process(hub.process.pid), *proxy]))))
    record_property("CPU seconds of a student so far, server and kernel", round(statistics.mean(
        sum(p.cpu_times()[:2]) for p in servers) + statistics.mean(sum(p.cpu_times()[:2]) for p in kernels), 1))

    for student in students:
        student.show_all()
        assert student.errors() == []
        figure_of(student).scroll_into_view_if_needed()
    alone = latency(students[0])
    for student in students[1:]:
        figure_of(student).locator(".noUi-handle").first.evaluate(HOLD)
    students[0].page.wait_for_timeout(2000)
    held = latency(students[0])
    record_property("key to picture (ms), median and longest, alone", [round(ms) for ms in alone])
    record_property("the same while nine hold a slider", [round(ms) for ms in held])
    record_property("load of the machine meanwhile", [round(value, 1) for value in psutil.getloadavg()])
    for student in students:
        student.leave()
