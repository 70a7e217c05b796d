"""What a visitor of the static site waits for: bytes and seconds to the first view, the first move, the first live figure."""

import sys
import time
from pathlib import Path

from tables import held, smoke, table

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "build" / "site" / "html"
sys.path.insert(0, str(ROOT / "tests" / "browser"))
LINES = {"this machine": None, "10 Mbit/s, 40 ms": (10e6 / 8, 40)}      # bytes a second, milliseconds there and back
FIRST_MOVE_BYTES, LIVE_SECONDS = 300_000, 20


def visit(browser, line):
    """(page, bytes): a page with an empty cache on such a line, and what has come over it so far, by address."""
    page, came = browser.new_context(viewport={"width": 1280, "height": 900}).new_page(), {}
    talk = page.context.new_cdp_session(page)
    talk.send("Network.enable")
    addresses = {}
    talk.on("Network.responseReceived", lambda event: addresses.update({event["requestId"]: event["response"]["url"]}))
    talk.on("Network.dataReceived", lambda event: came.update(
        {addresses.get(event["requestId"], "?"): came.get(addresses.get(event["requestId"], "?"), 0) + event["dataLength"]}))
    if line:
        talk.send("Network.emulateNetworkConditions", {"offline": False, "latency": line[1], "downloadThroughput": line[0],
                                                       "uploadThroughput": line[0]})
    return page, came


def first_move(browser, address, line):
    """(kB and seconds to the first view, seconds to the first moved picture, bytes of that figure until then)."""
    page, came = visit(browser, line)
    start = time.perf_counter()
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    view = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
    page.wait_for_load_state("load")
    loaded = sum(size for file, size in came.items() if "/pictures/" not in file)
    figure = page.locator("figure.live-figure").first
    figure.scroll_into_view_if_needed()
    page.wait_for_function("f => f.live?.listed", arg=figure.element_handle())
    before = figure.locator("img").get_attribute("src")
    pictures = sum(size for file, size in came.items() if file.endswith("-start.bin"))
    figure.locator("input, select").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("([f, src]) => f.querySelector('img').src !== src", arg=[figure.element_handle(), before])
    moved = time.perf_counter() - start
    page.context.close()
    return loaded, view, moved, pictures


def first_live_figure(browser, address):
    """(MB, seconds) from opening a live lesson with an empty cache to its first figure, Run All pressed at once."""
    page, came = visit(browser, None)
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator("#kernel-progress button").click(timeout=300_000)
    page.wait_for_selector(".rnn-picture img", timeout=120_000)
    seconds = time.perf_counter() - start
    page.context.close()
    return sum(came.values()) / 1e6, seconds


def main():
    if smoke():
        print("\nThe static site is not measured at small sizes.")
        return
    if not (HTML / "lite" / "pyodide" / "pyodide.mjs").exists():
        print('\nThe site is not built with its own Python (make site ARGS="--pyodide self"): its pages are skipped.')
        return
    from lab import launch, static_server
    from playwright.sync_api import sync_playwright

    with static_server(HTML, "/course/") as site, sync_playwright() as playwright:
        browser, rows = launch(playwright), []
        for path in ("index", "notebooks/00_start_here", "notebooks/04_vanishing_gradients", "notebooks/05_gradient_highways"):
            for name, line in LINES.items():
                loaded, view, moved, pictures = first_move(browser, f"{site}/{path}.html", line)
                rows.append([Path(path).name, name, f"{loaded / 1000:.0f}", f"{view:.2f}", f"{moved:.1f}",
                             held(f"{pictures / 1000:.0f}", pictures <= FIRST_MOVE_BYTES)])
        table("From the link to a slider that has moved, empty cache, no kernel",
              ["page", "line", "kB of the page", "seconds to the first view", "seconds to the first move",
               f"kB of the figure before that, at most {FIRST_MOVE_BYTES // 1000}"], rows)
        megabytes, seconds = first_live_figure(browser, f"{site}/lite/notebooks/index.html?path=00_start_here.ipynb")
        table("From the link to the first figure of a live lesson, empty cache, this machine",
              ["lesson", "MB, as they lie on the server", f"seconds, at most {LIVE_SECONDS}"],
              [["00_start_here", f"{megabytes:.0f}", held(f"{seconds:.1f}", seconds <= LIVE_SECONDS)]])
        browser.close()


if __name__ == "__main__":
    main()
