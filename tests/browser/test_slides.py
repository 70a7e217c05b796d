"""A deck of slides, opened as a file: its figures move and it asks for nothing from anywhere."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DECK = ROOT / "build" / "slides" / "html" / "00_start_here.html"


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed: no slides can be made")
def test_a_slider_moves_without_a_kernel_and_without_a_network(browser, keep_picture):
    subprocess.run([sys.executable, "tools/slides.py", "00"], cwd=ROOT, check=True, timeout=600)
    page = browser.new_page(viewport={"width": 1280, "height": 760})
    asked, failed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(DECK.as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady() && document.querySelector('.live-figure').live")
    for _ in range(40):
        if page.locator("section.present:not(.stack) .live-figure").count():
            break
        page.keyboard.press("ArrowRight")
    figure = page.locator("section.present:not(.stack) .live-figure").first
    keep_picture(page, "slides-figure")
    said, slide = figure.locator("figcaption").inner_text(), page.evaluate("Reveal.getIndices()")
    figure.locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("([caption, said]) => caption.textContent !== said",
                           arg=[figure.locator("figcaption").element_handle(), said])
    assert figure.locator("img").get_attribute("src").startswith("data:image/webp")
    assert page.evaluate("Reveal.getIndices()") == slide, "the key moves the slider, not the deck"
    assert page.locator("mjx-container").count() > 3, "the equations are set"
    notes = page.evaluate("[...document.querySelectorAll('aside.notes')].map((note) => note.textContent).join()")
    assert "factor per step" in notes
    assert failed == [] and [address for address in asked if address.startswith("http")] == []
    page.goto(f"{DECK.as_uri()}#/")
    page.evaluate("Reveal.slide(0)")
    cut, steps = [], 0      # all of each slide is seen, and a presenter's key goes on even from a slider
    while not page.evaluate("Reveal.isLastSlide() && !Reveal.availableFragments().next"):
        slider = page.locator("section.present:not(.stack) input[type=range]:visible")
        if slider.count():
            slider.first.focus()
        page.keyboard.press("PageDown")
        page.wait_for_timeout(60)
        at, cut_here = page.evaluate("""() => { const slide = Reveal.getCurrentSlide();
            return [JSON.stringify(Reveal.getIndices()), slide.scrollHeight > slide.clientHeight + 1]; }""")
        cut += [at] * cut_here
        steps += 1
        assert steps < 200, "PageDown does not go on"
    assert cut == [] and steps >= 8
    page.close()
