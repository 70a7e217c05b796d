"""usage: python tools/picture.py

Takes README's picture: lesson 00's first figure with its sliders, as a browser shows it.
"""
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from lab import Notebook, launch, server  # noqa: E402  (found only now)


def main():
    target = ROOT / "images" / "vanishing_product.png"
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, server(ROOT / "notebooks", home) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        notebook = Notebook(browser, address, "00_start_here.ipynb")
        notebook.run_all()
        figure = notebook.figures()[0]
        figure.scroll_into_view_if_needed()
        notebook.page.wait_for_timeout(1000)        # until the picture is drawn
        box = figure.bounding_box()
        # the box is as wide as the page; the figure is not
        notebook.page.screenshot(path=target, clip={**box, "width": min(box["width"], 880)})
        notebook.close()
        browser.close()
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
