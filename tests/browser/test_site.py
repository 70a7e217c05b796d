"""The built site as its readers have it: on a plain static server, under a sub-path, with no other server to ask."""

import io
import json
import re
import shutil
import subprocess
import time
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

import numpy as np
import pytest
from firefox import firefox
from lab import Notebook, launch, static_server
from PIL import Image
from playwright.sync_api import expect
from test_lab import source, wait_for_new_picture
from webkit import webkit

from conftest import NOTEBOOKS, ROOT

HTML = ROOT / "build" / "site" / "html"
BUILDER = ROOT / "build" / "site-env" / "bin" / "python"      # the Python that has built it
LESSONS = [path.stem for path in NOTEBOOKS]
CONTROLS = ".live-figure-controls > label > :is(input, select)"      # not the speed at which it plays
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="session")
def site():
    """The address of the site. `make test-browser` builds it before."""
    if not (HTML / "lite" / "pyodide" / "pyodide.mjs").exists():
        pytest.fail('no site with its own Python is built: run make site ARGS="--pyodide self"')
    with static_server(HTML, "/a/course/") as address:
        yield address


@pytest.fixture(scope="session")
def alone(playwright):
    """A browser that finds no other machine."""
    browser = launch(playwright, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
    yield browser
    browser.close()


@pytest.fixture
def visit(site, alone):
    """visit(path, **options) -> a page; `visit.complaints` and `visit.outside` say what went wrong on all of them."""
    contexts, complaints, outside = [], [], []

    def visit(path, **options):
        context = alone.new_context(**options)
        contexts.append(context)
        context.on("request", lambda request: request.url.startswith(("http://127.0.0.1:", "data:", "blob:"))
                   or outside.append(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
        page.on("console", lambda message: message.type == "error" and complaints.append(f"{path}: {message.text}"))
        page.goto(f"{site}/{path}", wait_until="load")
        return page

    visit.complaints, visit.outside = complaints, outside
    yield visit
    for context in contexts:
        context.close()


def pages():
    return sorted(path.relative_to(HTML).as_posix() for folder in (HTML, HTML / "notebooks") for path in folder.glob("*.html"))


# --- the book

def test_every_page_loads_fits_and_asks_no_other_server(visit, keep_picture):
    assert {"index.html", "instructors.html", "licences.html"} | {f"notebooks/{name}.html" for name in LESSONS} <= set(pages())
    for path in pages():
        page = visit(path)
        page.evaluate("() => document.querySelectorAll('img').forEach(i => { i.loading = 'eager'; })")
        page.wait_for_load_state("networkidle")
        assert page.locator("h1").count() >= 1, path
        assert page.evaluate("() => [...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.src)") == [], path
        without = page.evaluate("() => [...document.images].filter(i => !i.alt.trim()).map(i => i.outerHTML.slice(0, 200))")
        assert without == [], path
        keep_picture(page, f"site_{Path(path).stem}_1280")
        if page.evaluate("""() => { const seen = [...document.querySelectorAll('.math')].find(m => m.checkVisibility());
                                    seen?.scrollIntoView(); return Boolean(seen); }"""):     # typeset as they come into view
            page.wait_for_selector("mjx-container", timeout=10_000, state="attached")
            assert page.locator("mjx-merror").count() == 0, path
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 850})
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width, f"{path} is wider than {width} px"
        keep_picture(page, f"site_{Path(path).stem}_390")
        page.context.close()
    assert visit.complaints == [] and visit.outside == []


class Links(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        self.links += [attributes[name] for name in ("href", "src") if attributes.get(name)]


def test_every_link_and_asset_of_the_book_resolves():
    parsed = {path: Links(HTML / path) for path in pages()}
    broken = []
    for path, page in parsed.items():
        for link in page.links:
            whole = urlsplit(urljoin(f"http://site/{path}", link))
            if whole.netloc != "site":
                continue
            target = unquote(whole.path).lstrip("/") or "index.html"
            fine = (HTML / target).is_file()
            if fine and target.startswith("lite/notebooks/"):
                fine = (HTML / "lite" / "files" / parse_qs(whole.query)["path"][0]).is_file()
            elif fine and whole.fragment and target in parsed:
                fine = unquote(whole.fragment) in parsed[target].ids
            if not fine:
                broken.append(f"{path}: {link}")
    assert broken == []


def test_nothing_leads_to_an_address_that_is_only_a_placeholder():
    for path in pages():
        assert not [link for link in Links(HTML / path).links if "OWNER" in link], path


def test_lessons_follow_one_another_and_lead_to_their_live_copy():
    for before, lesson, after in zip([None, *LESSONS], LESSONS, [*LESSONS[1:], None]):
        page = (HTML / "notebooks" / f"{lesson}.html").read_text(encoding="utf-8")
        for neighbour, kind in ((before, "left-prev"), (after, "right-next")):
            if neighbour:
                assert re.search(rf'<a class="{kind}"\s+href="{neighbour}.html"', page)
        assert f'href="../lite/notebooks/index.html?path={lesson}.ipynb"' in page


def test_search_finds_a_lesson(visit):
    page = visit("search.html?q=eigenvalues")
    page.wait_for_selector("#search-results li a", timeout=10_000)
    assert any("04_vanishing_gradients" in link.get_attribute("href") for link in page.locator("#search-results li a").all())
    assert visit.complaints == []


def axe_faults(page, where="document"):
    """What axe finds on a page, or in a part of it."""
    page.evaluate((Path(pytest.importorskip("axe_playwright_python").__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    result = page.evaluate(f"tags => axe.run({where}, {{runOnly: {{type: 'tag', values: tags}}}})", WCAG)
    assert result["passes"], "axe looked at nothing"
    return [f"{page.url}: {fault['id']}: {fault['nodes'][0]['html'][:300]}" for fault in result["violations"]]


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 1280), ("light", 375), ("dark", 320)])
def test_pages_have_no_fault_that_axe_can_find(visit, scheme, width, keep_picture):
    found = []
    for path in ("index.html", "notebooks/01_rnn_cell.html", "licences.html", "instructors.html", "search.html?q=gate"):
        page = visit(path, color_scheme=scheme, viewport={"width": width, "height": 800})
        page.wait_for_load_state("networkidle")
        unfold(page)
        assert page.evaluate("() => document.documentElement.dataset.theme") == scheme
        keep_picture(page, f"site_{scheme}_{width}_{Path(path.split('?')[0]).stem}")
        found += axe_faults(page)
        page.context.close()
    assert found == []


# --- slider figures without a kernel

@pytest.mark.parametrize("scheme, shade", [("light", 255), ("dark", 17)])
def test_pictures_follow_the_theme_but_photographs(visit, scheme, shade, keep_picture):
    def corner(page, n):
        figure = page.locator(".live-figure").nth(n)
        figure.scroll_into_view_if_needed()
        figure.locator("img").evaluate("async i => { await i.decode(); i.style.padding = 0; i.style.borderRadius = 0; }")
        return Image.open(io.BytesIO(figure.locator("img").screenshot())).convert("RGB").getpixel((3, 3))

    page = visit("index.html", color_scheme=scheme)
    assert np.abs(np.subtract(corner(page, 0), shade)).max() <= 2
    page = visit("notebooks/09_one_to_many.html", color_scheme=scheme)
    unfold(page)
    assert page.locator(".live-figure").first.get_attribute("data-photograph") is not None
    assert corner(page, 0) == (255, 255, 255)
    assert np.abs(np.subtract(corner(page, 1), shade)).max() <= 2
    stored = page.evaluate("""() => [...document.querySelectorAll('div.cell_output img')].filter(i => !i.closest('.live-figure'))
        .map(i => [i.classList.contains('photograph'), getComputedStyle(i).filter])""")
    assert [rule for photograph, rule in stored if photograph] == ["none", "none"]
    turned = [rule for photograph, rule in stored if not photograph]
    assert len(turned) > 5 and all(("invert" in rule) == (scheme == "dark") for rule in turned)
    keep_picture(page, f"site_photograph_{scheme}")


def unfold(page):
    """Open everything that is folded."""
    page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")


PAGES_WITH_FIGURES = ["index", *(f"notebooks/{lesson}" for lesson in LESSONS)]


def bytes_of(page):
    """What has come over the network for the figures: {file name: bytes}, from the browser's own list, which misses none."""
    return dict(page.evaluate("""() => performance.getEntriesByType('resource').filter(entry => entry.name.includes('/pictures/'))
        .map(entry => [entry.name.split('/').pop(), entry.encodedBodySize])"""))


def shown_of(figure):
    return figure.locator("img").get_attribute("src"), figure.locator("figcaption").inner_text()


@pytest.mark.parametrize("path", PAGES_WITH_FIGURES)
def test_every_slider_of_the_page_moves_by_key_without_a_kernel(visit, path, keep_picture):
    page = visit(f"{path}.html")
    unfold(page)
    figures = page.locator("figure.live-figure")
    assert figures.count() >= 1
    for number in range(figures.count()):
        figure = figures.nth(number)
        figure.scroll_into_view_if_needed()
        name = figure.get_attribute("data-name")
        page.wait_for_function("f => f.live.listed", arg=figure.element_handle(), timeout=10_000)
        height = figure.bounding_box()["height"]
        came = bytes_of(page)       # before the first move
        assert 0 < came[f"{name}-start.bin"] <= 300_000 and f"{name}-rest.bin" not in came
        inputs = figure.locator(CONTROLS)
        for i in range(inputs.count()):
            # there and back over all positions: every one has a picture and a sentence of its own place
            seen = page.evaluate("""async ([figure, i]) => { const live = figure.live; const seen = [];
                for (let k = 0; k < live.controls[i].texts.length; k++) {
                    await live.move(i, k); await live.rest; await live.show();
                    const [image, kept] = [figure.querySelector('img'), live.pictures.get(live.place)];
                    seen.push([image.src, image.naturalWidth, image.src === kept.url && image.alt === kept.sentence
                        && live.place.every((at, j) => at === kept.place[j])]); }
                await live.move(i, live.controls[i].at); await live.show(); return seen; }""", [figure.element_handle(), i])
            assert all(width > 0 and of_its_place for _, width, of_its_place in seen)
            assert len({url for url, *_ in seen}) > 1
            place, field = figure.evaluate("f => f.live.place.join()"), inputs.nth(i)
            field.focus()
            page.keyboard.press("ArrowRight" if field.evaluate("f => f.value !== (f.max || String(f.options?.length - 1))")
                                else "ArrowLeft")
            # two settings may look the same, a menu of the likeliest 20 and 30 of few, say
            page.wait_for_function("([f, place]) => f.live.place.join() !== place && !f.live.waiting",
                                   arg=[figure.element_handle(), place])
            if field.evaluate("f => f.type") == "range":
                assert field.get_attribute("aria-valuetext") == figure.locator("output").all_inner_texts()[
                    field.evaluate("f => [...f.closest('figure').querySelectorAll('input')].indexOf(f)")]
            assert figure.locator("img").get_attribute("alt") == shown_of(figure)[1]
        assert sum(size for file, size in bytes_of(page).items() if file.startswith(name)) <= 2_000_000
        assert figure.bounding_box()["height"] == height
        keep_picture(page, f"site_figure_{Path(path).name[:5]}_{number}")
    assert visit.complaints == [] and visit.outside == []


def test_the_first_figure_moves_before_anything_else_and_quickly(visit, capsys):
    page = visit("notebooks/00_start_here.html")
    figure = page.locator("figure.live-figure").first
    figure.scroll_into_view_if_needed()
    page.wait_for_function("f => f.live.listed", arg=figure.element_handle())
    slider, before = figure.locator("input").first, shown_of(figure)
    page.route("**/*-rest.bin", lambda route: None)      # the others never come
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("([f, src]) => f.querySelector('img').src !== src", arg=[figure.element_handle(), before[0]])
    assert "0.9⁹⁹ = 3×10⁻⁵" in shown_of(figure)[1].replace("3.0×", "3×")
    page.context.close()

    page = visit("notebooks/00_start_here.html")
    milliseconds = page.evaluate("""async () => { const live = document.querySelector('figure.live-figure').live;
        await live.loadRest(); const moves = [];
        for (let i = 0; i < 12; i++) for (let j = 0; j < 12; j++) {
            await live.move(0, i); const start = performance.now(); await live.move(1, j);
            await new Promise(done => { const c = new MessageChannel(); c.port1.onmessage = done; c.port2.postMessage(0); });
            moves.push(performance.now() - start); }
        return moves.sort((a, b) => a - b); }""")
    with capsys.disabled():
        print(f"\nwithout a kernel, move to picture: p50 {milliseconds[72]:.1f} ms, p95 {milliseconds[136]:.1f} ms", end=" ")
    assert milliseconds[72] < 20     # 50 pictures a second


def figure_with(page, *labels):
    """The first figure of the page that has these controls."""
    unfold(page)
    for figure in page.locator("figure.live-figure").all():
        found = [control["label"] for control in json.loads(figure.get_attribute("data-controls"))]
        if set(labels) <= set(found):
            figure.scroll_into_view_if_needed()
            page.wait_for_function("f => f.live.listed", arg=figure.element_handle(), timeout=10_000)
            return figure
    raise AssertionError(f"no figure has {labels}")


def set_to(figure, **settings):
    """Moves controls, by label, to texts, one after the other; returns where all of them then stand, and the sentence."""
    return figure.evaluate("""async (figure, settings) => { const live = figure.live; await live.loadRest();
        for (const [label, text] of settings) {
            const i = live.controls.findIndex(c => c.label === label), k = live.controls[i].texts.indexOf(text);
            if (k < 0) throw new Error(`${label} has no ${text}: ${live.controls[i].texts}`);
            await live.move(i, k); }
        await live.show();
        return [Object.fromEntries(live.controls.map((c, i) => [c.label, c.texts[live.place[i]]])), live.waiting]; }""",
                           list(settings.items()))


PAIRS = [
    ("01_rnn_cell", {"input": "step", "w_x (reads)": "3.0"}),
    ("01_rnn_cell", {"input": "alternating", "w_h (remembers)": "-0.80"}),
    ("02_unrolling", {"gain of W_h": "1.50", "input scale": "20"}),
    ("03_backpropagation_through_time", {"gain of W_h": "1.50", "size of the inputs": "5.0"}),
    ("04_vanishing_gradients", {"spectral radius": "2.00", "input scale": "20"}),
    ("04_vanishing_gradients", {"factors n": "9", "coupling": "0.00"}),
    ("05_gradient_highways", {"gate bias b": "0.0", "weight scale": "4.0"}),
    ("06_many_to_one", {"period (steps)": "30", "noise": "0.00"}),
    ("09_one_to_many", {"shape": "ring", "colour": "indigo", "half width (pixels)": None}),
    ("09_one_to_many", {"shape": "cross", "colour": "white", "across (pixels)": None}),
    ("09_one_to_many", {"temperature": "2.0", "top k": "3"}),
]


@pytest.mark.parametrize("lesson, settings", PAIRS)
def test_what_a_lesson_asks_to_set_together_stays_set(visit, lesson, settings):
    page = visit(f"notebooks/{lesson}.html")
    figure = figure_with(page, *settings)
    texts = {c["label"]: c["texts"] for c in json.loads(figure.get_attribute("data-controls"))}
    wanted = {}
    for label, text in settings.items():        # "3.0" and "3.00" are one setting
        same = [other for other in texts[label] if other == text or text and number_of(other) == number_of(text) is not None]
        wanted[label] = same[0] if same else texts[label][-1] if text is None else text
    stands, waiting = set_to(figure, **wanted)
    assert {label: stands[label] for label in wanted} == wanted and not waiting
    assert visit.complaints == []


def number_of(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def test_controls_without_a_common_picture_go_back_the_one_moved_first_before_the_others(visit):
    page = visit("notebooks/01_rnn_cell.html")
    figure = figure_with(page, "w_x (reads)", "b")
    home = [c["at"] for c in json.loads(figure.get_attribute("data-controls"))]
    labels = [c["label"] for c in json.loads(figure.get_attribute("data-controls"))]
    w_x, w_h, b = (labels.index(label) for label in ("w_x (reads)", "w_h (remembers)", "b"))
    groups = json.loads(figure.get_attribute("data-groups"))
    assert any({w_x, w_h} <= set(group) for group in groups) and not any({w_x, b} <= set(group) for group in groups)
    for i in (w_x, w_h, b):
        figure.evaluate("(f, i) => f.live.move(i, 0)", i)
    place = figure.evaluate("f => f.live.place")
    assert place[b] == 0 and place[w_x] == home[w_x]
    assert "goes back to where it began" in figure.locator(".live-figure-controls p").inner_text()


def test_every_value_that_the_instructors_are_told_to_set_is_on_the_page():
    """Read from INSTRUCTORS.md anew: *label* and the numbers right after it."""
    missing, seen, lesson = [], 0, None
    for line in (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 5:
            continue
        found = re.match(r"\[(\d\d)\]\(notebooks/(\w+)\.ipynb\)", cells[0])
        lesson = found[2] if found else lesson if not cells[0] else None
        if lesson is None:
            continue
        markup = (HTML / "notebooks" / f"{lesson}.html").read_text(encoding="utf-8")
        figures = [{c["label"]: c["texts"] for c in json.loads(unescape(data))}
                   for data in re.findall(r'data-controls="([^"]*)"', markup)]
        for label, told in re.findall(r"\*([^*]+)\*([^*]*)", cells[2]):
            grids = [grid[label] for grid in figures if label in grid]
            for value in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", told):
                seen += 1
                if not any(number_of(text) == float(value) for grid in grids for text in grid):
                    missing.append((lesson, label, value, grids))
    assert seen > 40 and missing == []


@pytest.mark.parametrize("lesson, label, values", [
    ("00_start_here", "factor per step", (0.955, 1.048)), ("04_vanishing_gradients", "factor per step", (0.955, 1.048)),
    ("01_rnn_cell", "w_h (remembers)", (0, 1, 1.2)), ("04_vanishing_gradients", "factors n", (0, 9)),
    ("09_one_to_many", "top k", (3,)), ("06_many_to_one", "period (steps)", (8, 20, 5, 30)),
])
def test_every_value_that_a_lesson_names_is_on_its_page(lesson, label, values):
    markup = (HTML / "notebooks" / f"{lesson}.html").read_text(encoding="utf-8")
    grids = [c["texts"] for data in re.findall(r'data-controls="([^"]*)"', markup) for c in json.loads(unescape(data))
             if c["label"] == label]
    assert any(set(values) <= {number_of(text) for text in grid} for grid in grids), grids


# --- what else the text asks for

@pytest.mark.parametrize("width, height", [(1280, 800), (375, 812)])
def test_the_first_screen_holds_the_challenge_and_its_figure_and_answers(visit, width, height, keep_picture):
    page = visit("index.html", viewport={"width": width, "height": height})
    figure = page.locator("figure.live-figure")
    page.wait_for_function("f => f.live.listed", arg=figure.element_handle())
    page.wait_for_timeout(300)
    keep_picture(page, f"site_home_{width}")
    box = figure.bounding_box()
    assert box["y"] > 0 and box["y"] + box["height"] <= height
    assert page.locator(".opening").bounding_box()["y"] > 0
    slider, said = figure.locator("input"), figure.locator("figcaption")
    for value, answer in ((0.95, "Near"), (0.955, "found"), (0.8, "times too little"), (1.05, "a hundred times as much")):
        figure.evaluate("async (f, v) => { await f.live.loadRest(); await f.live.move(0, f.live.controls[0].texts.indexOf(v)); }",
                        f"{value:.3f}")
        expect(said).to_contain_text(answer)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(figure.locator("output")).to_have_text("1.045")
    assert figure.locator("source").count() == 0, "a picture that was moved to is not hidden by the first one"
    letters = figure.locator("img").bounding_box()["width"] / figure.locator("img").evaluate("i => i.naturalWidth") * 20
    assert letters >= 11
    assert page.locator(".lesson-cards li").count() == len(LESSONS)
    assert visit.complaints == []


def test_a_prediction_is_committed_kept_and_only_then_answered(visit):
    plain = visit("notebooks/01_rnn_cell.html", java_script_enabled=False)
    answers = plain.locator(".reveal")
    assert answers.count() == plain.locator(".prediction").count() == 3
    assert not any(answer.is_visible() for answer in answers.all()), "without a script the answers stand folded"
    page = visit("notebooks/01_rnn_cell.html")
    asked = page.locator(".prediction").nth(1)
    answer = page.locator(f".reveal[data-key='{asked.get_attribute('data-key')}']")
    assert not answer.is_visible()
    asked.locator("input").focus()
    page.keyboard.press("Home")
    asked.get_by_role("button", name="Commit").click()
    assert answer.is_visible()
    expect(answer.locator(".told")).to_have_text("You said 1 steps: 3 off.")
    page.reload()
    expect(page.locator(f".reveal[data-key='{asked.get_attribute('data-key')}'] .told")).to_be_visible()
    choice = page.locator(".prediction").first
    choice.get_by_role("button", name="Commit").click()
    expect(choice.locator("[role=status]")).to_have_text("Choose an answer first.")
    choice.locator("input").last.check()
    choice.get_by_role("button", name="Commit").click()
    expect(page.locator(f".reveal[data-key='{choice.get_attribute('data-key')}'] .told")).to_have_text("You were right.")
    assert visit.complaints == []


def test_no_answer_of_any_lesson_stands_open_under_its_question():
    for lesson in LESSONS:
        markup = (HTML / "notebooks" / f"{lesson}.html").read_text(encoding="utf-8")
        for reveal in re.finditer(r'class="reveal" data-key="(\w+)"', markup):
            before = markup[:reveal.start()]
            opened = before.rfind(f'<details class="answer" data-key="{reveal[1]}">')
            inner = re.sub(r"<details(?! class=.answer).*?</details>", "", before[opened:], flags=re.S)
            assert opened >= 0 and "</details>" not in inner
        assert "No prediction was committed" not in markup


@pytest.mark.parametrize("lesson, label", [("07_many_to_many", "samples heard"), ("02_unrolling", "gain of W_h")])
def test_play_runs_stops_and_gives_way_to_a_hand(visit, lesson, label, keep_picture):
    page = visit(f"notebooks/{lesson}.html")
    figure = figure_with(page, label)
    bar, i = figure.locator(".rnn-play"), figure.evaluate("f => JSON.parse(f.dataset.play)[0]")
    place, end = f"f => f.live.place[{i}]", figure.evaluate(f"f => f.live.controls[{i}].texts.length - 1")
    figure.locator("input").nth(i).press("Home")
    bar.get_by_role("button", name="play").click()
    page.wait_for_function(f"f => f.live.place[{i}] > 2", arg=figure.element_handle())
    bar.get_by_role("button", name="pause").click()
    stands = figure.evaluate(place)
    page.wait_for_timeout(500)
    assert figure.evaluate(place) == stands
    bar.get_by_role("button", name="one step on").click()
    assert figure.evaluate(place) == min(stands + 1, end)
    bar.get_by_role("button", name="one step back").click()
    bar.locator("select").select_option("4")
    bar.get_by_role("button", name="play").click()
    figure.locator("input").nth(i).press("Home")
    expect(bar.get_by_role("button", name="play")).to_be_visible()      # no longer "pause"
    assert figure.evaluate(place) == 0
    bar.get_by_role("button", name="play").click()
    page.wait_for_function(f"f => f.live.place[{i}] === {end}", arg=figure.element_handle(), timeout=60_000)
    expect(bar.get_by_role("button", name="play")).to_be_visible()
    keep_picture(page, f"site_play_{lesson}")
    assert visit.complaints == []


def test_a_tune_can_be_heard(visit):
    page = visit("notebooks/09_one_to_many.html")
    figure = figure_with(page, "seed note", "temperature")
    notes = figure.evaluate("f => f.live.listed.map(entry => entry.notes)")
    assert all(36 <= midi <= 96 and beats > 0 for tune in notes for midi, beats in tune) and max(map(len, notes)) > 5
    figure.get_by_role("button", name="Listen").click()
    expect(figure.get_by_role("button", name="Stop the tune")).to_be_visible()
    assert figure.evaluate("f => f.live.sound.state") in ("running", "suspended")
    figure.get_by_role("button", name="Stop the tune").click()
    assert visit.complaints == []


def test_what_needs_python_says_so_and_leads_there():
    for lesson, least in (("03_backpropagation_through_time", 1), ("09_one_to_many", 3)):
        markup = (HTML / "notebooks" / f"{lesson}.html").read_text(encoding="utf-8")
        links = re.findall(r'class="live-link recorded"><a href="([^"]+)">Run this live</a>\s*<span>([^<]+)', markup)
        assert len(links) >= least
        assert {href for href, _ in links} == {f"../lite/notebooks/index.html?path={lesson}.ipynb"}
        assert all(re.search(r"about \d\d MB", said) for _, said in links)


def test_where_the_sliders_stand_is_in_the_address(visit):
    page = visit("notebooks/00_start_here.html")
    figure = figure_with(page, "factor per step")
    set_to(figure, **{"factor per step": "0.955"})
    page.wait_for_function("() => location.search.includes('f1=0.955')")
    page.reload()
    expect(page.locator("figure.live-figure figcaption")).to_contain_text("0.955⁹⁹ = 0.01", timeout=10_000)
    other = visit(f"notebooks/00_start_here.html{page.evaluate('() => location.search')}")
    expect(other.locator("figure.live-figure output").first).to_have_text("0.955")
    assert visit.complaints == []


# --- telephones, large letters, paper

@pytest.mark.parametrize("width", [375, 320])
def test_on_a_narrow_page_letters_can_be_read_and_sliders_are_wide(visit, width, keep_picture):
    for path in ("notebooks/04_vanishing_gradients.html", "notebooks/09_one_to_many.html"):
        page = visit(path, viewport={"width": width, "height": 812})
        unfold(page)
        keep_picture(page, f"site_{Path(path).stem}_{width}")
        for figure in page.locator("figure.live-figure").all():
            picture = figure.locator("img")
            figure.scroll_into_view_if_needed()
            assert picture.bounding_box()["width"] > 0.5 * width, "its place is kept before it comes"
            page.wait_for_function("i => i.complete && i.naturalWidth", arg=picture.element_handle())
            assert picture.bounding_box()["width"] / picture.evaluate("i => i.naturalWidth") * 20 >= 11
            for slider in figure.locator("input[type=range]").all():
                assert slider.bounding_box()["width"] > 0.75 * width
            for value in figure.locator("output").all():
                box = value.bounding_box()
                assert box["x"] + box["width"] <= width
        wider = page.evaluate("""() => [...document.querySelectorAll('pre')]
            .filter(p => p.clientWidth && p.scrollWidth > p.clientWidth + 1).length""")
        assert wider == 0 and page.evaluate("() => document.documentElement.scrollWidth") <= width
        page.context.close()


def test_paper_has_solutions_at_the_end_and_whole_figures(visit, tmp_path):
    page = visit("notebooks/01_rnn_cell.html")
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".solutions-on-paper").is_visible() and page.locator(".solutions-on-paper pre").count() >= 2
    assert all(answer.is_visible() for answer in page.locator(".reveal").all())
    assert not page.locator(".live-link").first.is_visible() and not page.locator("#pst-primary-sidebar").is_visible()
    assert page.locator("figure.live-figure").first.evaluate("f => getComputedStyle(f).breakInside") == "avoid"
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.locator(".solutions-on-paper").count() == 0


# --- what is fetched, and what a page may do

def test_a_page_fetches_little_and_nothing_of_the_live_copy_unasked(visit):
    for path, formulas in (("index.html", False), ("notebooks/04_vanishing_gradients.html", True)):
        page = visit("404.html")
        came = {}
        page.on("response", lambda answer, came=came: came.update({answer.url: int(answer.headers.get("content-length") or 0)}))
        page.goto(page.url.replace("404.html", path))
        page.wait_for_timeout(4000)
        assert not any("mathjax" in url for url in came), "a reader who has not moved yet waits for no formula below"
        page.mouse.wheel(0, 50)
        page.wait_for_timeout(3000)
        assert not [url for url in came if "/lite/" in url or "fontawesome" in url or "searchindex" in url]
        assert any("mathjax" in url for url in came) == formulas
        scripts = sum(size for url, size in came.items() if re.search(r"/_static/.*\.(js|css)", url) and "mathjax" not in url)
        assert scripts < 300_000
        page.context.close()


def test_a_page_waits_for_one_style_sheet_and_for_no_picture_below():
    sheet = (HTML / "_static" / "course.css").read_text(encoding="utf-8")
    declared, used = set(re.findall(r"[{;](--[\w-]+):", sheet)), set(re.findall(r"var\((--[\w-]+)", sheet))
    assert len(sheet) < 130_000 and declared <= used and ".live-figure" in sheet and ".prediction" in sheet
    for path in ("index", *(f"notebooks/{lesson}" for lesson in LESSONS)):
        markup = (HTML / f"{path}.html").read_text(encoding="utf-8")
        assert len(re.findall(r'rel="stylesheet"', markup)) == 1
        images = re.findall(r"<img [^>]*>", markup)
        filed = [image for image in images if 'src="data:' not in image]
        assert all('loading="lazy"' in image and 'width="' in image for image in filed)
        held = [image for image in images if 'src="data:image/webp' in image]
        assert len(held) == 1 and markup.index(held[0]) < markup.index("</figure>"), "the first slider figure's picture alone"


def test_no_script_stands_in_a_page_and_the_policy_forbids_it(visit):
    for path in pages():
        text = (HTML / path).read_text(encoding="utf-8")
        assert not re.findall(r"<script(?![^>]*\bsrc=)|\son(?:click|load|error|input)=", text), path
        assert "script-src 'self';" in re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1], path
    page = visit("index.html")
    page.evaluate("""() => { const script = document.createElement('script'); script.textContent = 'window.broken = 1';
        document.head.append(script); }""")
    assert page.evaluate("() => window.broken") is None
    assert any("Content Security Policy" in complaint for complaint in visit.complaints)
    visit.complaints.clear()


def test_formulas_are_typeset_late_and_are_no_stops_of_the_tab_key(visit):
    page = visit("notebooks/04_vanishing_gradients.html")
    page.mouse.wheel(0, 50)
    page.wait_for_selector("mjx-container", timeout=10_000, state="attached")
    assert page.locator("mjx-container").count() > 20
    assert page.locator("mjx-container[tabindex='0'], mjx-container [tabindex='0']").count() == 0
    assert page.locator("mjx-assistive-mml math").count() > 20
    assert visit.complaints == []


def test_pages_tell_others_what_they_are():
    for path in ("index.html", *(f"notebooks/{lesson}.html" for lesson in LESSONS)):
        text = (HTML / path).read_text(encoding="utf-8")
        assert len(re.search(r'<meta name="description" content="([^"]{60,500})">', text)[1]) > 60
        assert 'property="og:title"' in text and (HTML / "cards" / f"{Path(path).stem}.png").stat().st_size < 150_000
    assert (HTML / ".nojekyll").exists() and "search.html" in (HTML / "404.html").read_text(encoding="utf-8")


def test_pictures_that_do_not_come_are_asked_for_again(visit):
    page = visit("notebooks/00_start_here.html")
    figure = page.locator("figure.live-figure").first
    page.route("**/*-rest.bin", lambda route: route.fulfill(status=503))
    slider = figure.locator("input").first
    slider.focus()
    page.keyboard.press("End")
    expect(figure.locator("figcaption")).to_contain_text("could not be loaded", timeout=10_000)
    page.unroute("**/*-rest.bin")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(figure.locator("figcaption")).to_contain_text("1.5⁹⁹ = ", timeout=10_000)
    visit.complaints.clear()     # the browser's word about the failure that was made here


# --- the lessons live

WINDOW = {"viewport": {"width": 1200, "height": 1000}}


class Live(Notebook):
    """A lesson in JupyterLite, on a kernel of its own; the cache is the context's."""

    def __init__(self, context, address, name):
        self.outside, self.started = [], time.monotonic()
        self.page = context.new_page()
        self.page.on("request", lambda request: request.url.startswith(("http://127.0.0.1:", "data:", "blob:"))
                     or self.outside.append(request.url))
        self.open(f"{address}/lite/notebooks/index.html?path={name}", name)


@pytest.fixture(scope="session")
def profile(alone):
    """What the browser has fetched for one lesson it has for the next, as at home."""
    context = alone.new_context(**WINDOW)
    yield context
    context.close()


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_runs_to_its_last_cell_and_moves(profile, site, lesson, record_property):
    live = Live(profile, site, f"{lesson}.ipynb")
    ready = time.monotonic() - live.started
    live.run_all(seconds=300)
    ran = time.monotonic() - live.started
    assert live.errors() == []
    figure = live.figures()[0]
    figure.scroll_into_view_if_needed()
    before, said = source(figure), figure.locator(".widget-readout").first.inner_text()
    handle = figure.locator(".noUi-handle").first
    handle.focus()      # to the other end: one step may be finer than what is drawn
    at, most = (float(handle.get_attribute(f"aria-value{which}")) for which in ("now", "max"))
    live.page.keyboard.press("Home" if at > most / 2 else "End")
    wait_for_new_picture(live, figure, before)
    assert figure.locator(".widget-readout").first.inner_text() != said
    assert axe_faults(live.page, "{include: [['.rnn-live']]}") == [], "of what the course itself puts into a notebook"
    assert live.complaints == [] and live.outside == []
    record_property(f"live {lesson}", f"kernel ready after {ready:.1f} s, last cell after {ran:.1f} s")
    live.close()


def test_an_endless_loop_is_ended_and_told_in_the_browser_too(profile, site):
    live = Live(profile, site, "00_start_here.ipynb")
    live.run_all(seconds=300)
    check = next(i for i, cell in enumerate(live.cells()) if 'check("gradient_product"' in cell["source"])
    live.write(check, "from rnnlib.course.exercises import check\n\n\ndef gradient_product(factor, T):\n"
               "    while True:\n        pass\n"
                      '\n\ncheck("gradient_product", gradient_product)')
    assert "a loop that never ends" in live.run(check)
    live.close()


def test_progress_is_said_until_python_is_ready(alone, site, record_property):
    """Cold: a context of its own has an empty cache."""
    context = alone.new_context(**WINDOW)
    page = context.new_page()
    page.add_init_script("""window.heard = []; addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
        const said = document.querySelector('#kernel-progress [role=status]')?.textContent;
        if (said && window.heard.at(-1) !== said) window.heard.push(said); })
        .observe(document.body, {childList: true, subtree: true, characterData: true}));""")
    started = time.monotonic()
    page.goto(f"{site}/lite/notebooks/index.html?path=00_start_here.ipynb")
    page.locator("#kernel-progress button").click(timeout=120_000)
    page.wait_for_function("""() => {       // the notebook keeps only what is in view on the page
        const notebook = window.jupyterapp.shell.currentWidget.content;
        const at = notebook.widgets.findIndex(cell => (cell.model.sharedModel.outputs ?? []).some(
            output => String(output.data?.["text/html"]).includes("rnn-live")));
        if (at >= 0) notebook.scrollToItem(at, "center");
        return [...document.querySelectorAll(".rnn-picture img")].some(image => image.complete && image.naturalWidth); }""",
                           timeout=60_000)
    record_property("live, nothing in the cache", f"first figure after {time.monotonic() - started:.1f} s")
    heard = page.evaluate("() => window.heard")
    assert any(re.fullmatch(r"Fetching Python: \d+ of \d\d MB\.", said) for said in heard)
    assert any(said.startswith("Python is ready") for said in heard)
    assert page.locator("#kernel-progress").count() == 0
    context.close()


def test_the_live_copy_leads_to_other_lessons_and_back_to_the_book(profile, site):
    page = profile.new_page()
    missing = []
    page.on("response", lambda answer: answer.status >= 400 and missing.append(answer.url))
    start = f"{site}/lite/notebooks/index.html?path=00_start_here.ipynb"
    page.goto(start)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    bar = page.locator("#course-bar")
    assert bar.get_by_role("combobox", name="Lesson").locator("option").count() == len(LESSONS)
    page.evaluate("""async () => { const n = window.jupyterapp.shell.currentWidget.content;
        await n.scrollToItem(n.widgets.length - 1, 'center'); }""")
    page.locator(".jp-RenderedMarkdown a", has_text="01 The RNN cell").last.click()
    page.wait_for_url(re.compile(r"path=01_rnn_cell\.ipynb"))
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.goto(start)
    bar.get_by_role("link", name=re.compile("^Next: 01 ")).click()
    page.wait_for_url(re.compile("path=01_rnn_cell"))
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    bar.get_by_role("link", name="Back to the book").click()
    expect(page.locator("h1").first).to_contain_text("RNN cell")
    page.goto(f"{site}/lite/")
    page.wait_for_url(f"{site}/index.html")
    assert missing == []
    page.close()


@pytest.mark.parametrize("blocked, said", [
    ("**/pyodide/rnnlib-*.whl", "Python could not be fetched whole (no answer for rnnlib-"),
    ("**/pyodide/pyodide.asm.wasm", "Python could not be fetched whole (no answer for pyodide.asm.wasm)"),
    ("**/pyodide/files.json", "Python could not be fetched whole"),
    ("**/build/notebooks/bundle.js*", "A part of the notebook could not be fetched (bundle.js"),
])
def test_what_does_not_come_is_told_and_python_is_not_called_ready(alone, site, blocked, said):
    context = alone.new_context(**WINDOW)
    context.route(blocked, lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{site}/lite/notebooks/index.html?path=00_start_here.ipynb")
    told = page.locator("#kernel-progress")
    expect(told).to_contain_text(said, timeout=60_000)
    page.wait_for_timeout(3000)
    assert "ready" not in told.inner_text() and told.get_by_role("button", name="Reload this page").is_visible()
    context.close()


def test_a_lesson_that_does_not_exist_is_told(profile, site):
    page = profile.new_page()
    page.goto(f"{site}/lite/notebooks/index.html?path=99_nothing.ipynb")
    expect(page.locator("#kernel-progress")).to_contain_text("There is no lesson at \u201c99_nothing.ipynb\u201d", timeout=90_000)
    page.close()


def test_what_is_run_is_saved_and_can_be_begun_afresh(alone, site):
    context = alone.new_context(**WINDOW)
    live = Live(context, site, "00_start_here.ipynb")
    cell = next(i for i, cell in enumerate(live.cells()) if "import" in cell["source"])
    live.write(cell, "print('of my own')")
    live.run(cell)
    notes = live.page.locator("#course-bar [role=status]")
    expect(notes).to_have_text("Saved in this browser.", timeout=20_000)
    live.page.reload()
    live.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    expect(live.page.locator(".jp-Notebook")).to_contain_text("of my own", timeout=20_000)
    # the course has moved on
    live.page.evaluate("() => localStorage.setItem('own-copy-of-00_start_here.ipynb', 'older')")
    live.page.reload()
    expect(notes).to_contain_text("newer version of this lesson", timeout=60_000)
    live.page.on("dialog", lambda dialog: dialog.accept())
    live.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    live.page.get_by_role("button", name="Start this lesson afresh").click()
    live.page.wait_for_timeout(2000)
    live.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    assert "of my own" not in live.page.locator(".jp-Notebook").inner_text()
    assert notes.inner_text() == ""
    context.close()


def test_a_browser_that_keeps_nothing_says_so(alone, site):
    context = alone.new_context(**WINDOW)
    context.add_init_script("Object.defineProperty(window, 'indexedDB', {value: {open() { throw new Error('forbidden'); }}});")
    page = context.new_page()
    page.goto(f"{site}/lite/notebooks/index.html?path=00_start_here.ipynb")
    expect(page.locator("#course-bar [role=status]")).to_contain_text("This browser keeps nothing here", timeout=60_000)
    context.close()


def test_python_may_come_from_another_server(alone, site, tmp_path):
    """As on a published site, whose Python comes from Pyodide's own servers; here a second server stands for them."""
    import pyodide

    pins = json.loads(pyodide.PINS.read_text(encoding="utf-8"))
    theirs = [*pins["core"], *(entry["file_name"] for entry in pins["packages"].values())]
    (tmp_path / "cdn").mkdir()
    for name in theirs:
        shutil.copy(HTML / "lite" / "pyodide" / name, tmp_path / "cdn")
    shutil.copytree(HTML / "lite", tmp_path / "site" / "lite", ignore=shutil.ignore_patterns("pyodide"))
    with static_server(tmp_path / "cdn", headers=[("Access-Control-Allow-Origin", "*")]) as cdn, \
            static_server(tmp_path / "site") as address:
        wheel = next((HTML / "lite" / "pyodide").glob("rnnlib-*.whl"))
        put = "import sys, pathlib, pyodide; pyodide.put(pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3]))"
        subprocess.run([BUILDER, "-c", put, tmp_path / "site" / "lite" / "pyodide", f"{cdn}/", wheel], cwd=ROOT / "tools",
                       check=True)
        assert not [name for name in theirs if (tmp_path / "site" / "lite" / "pyodide" / name).exists()]
        settings = tmp_path / "site" / "lite" / "jupyter-lite.json"
        text = settings.read_text(encoding="utf-8")
        assert text.count("./pyodide/pyodide.mjs") == 1
        settings.write_text(text.replace("./pyodide/pyodide.mjs", f"{cdn}/pyodide.mjs"), encoding="utf-8")
        context = alone.new_context(**WINDOW)
        live = Live(context, address, "00_start_here.ipynb")
        live.run_all()
        assert live.errors() == [] and live.figures() and live.outside == []
        context.close()


# --- other engines

ENGINES = {"Firefox": firefox, "WebKit": webkit}
MOVE = """const figure = [...document.querySelectorAll('figure.live-figure')][number]; figure.scrollIntoView();
    const ends = Date.now() + 60000;
    while (!figure.live?.listed && Date.now() < ends) await new Promise(done => setTimeout(done, 50));
    if (!figure.live?.listed) return [false];
    figure.querySelector('CONTROLS').focus();
    return [true, figure.querySelector('img').src, figure.live.place[0],
            figure.live.controls[0].texts.length - 1];""".replace("CONTROLS", CONTROLS)
MOVED = """const figure = [...document.querySelectorAll('figure.live-figure')][number];
    const ends = Date.now() + 10000;
    while ((figure.live.place[0] === stood || figure.live.waiting) && Date.now() < ends)
        await new Promise(done => setTimeout(done, 50));
    await figure.live.show();
    const [image, said] = ['img', 'figcaption'].map(part => figure.querySelector(part));
    return [image.naturalWidth > 100, image.src, figure.live.place[0], image.alt === said.textContent,
            document.documentElement.scrollWidth <= innerWidth];"""


@pytest.mark.parametrize("engine", ENGINES)
def test_the_figures_of_every_page_move_by_key_in_other_engines_too(site, engine):
    with ENGINES[engine]() as browser:
        for path in PAGES_WITH_FIGURES:
            browser.open(f"{site}/{path}.html")
            browser.run("for (const details of document.querySelectorAll('details')) details.open = true;")
            for number in range(browser.run("return document.querySelectorAll('figure.live-figure').length;")):
                before = browser.run(f"const number = {number}; {MOVE}")
                assert before[0], f"{path}: the pictures of figure {number} did not come"
                back = before[2] == before[3]
                browser.press("\ue012" if back else "\ue014")     # the left arrow, or the right one
                after = browser.run(f"const number = {number}, stood = {before[2]}; {MOVED}")
                assert after[0] and after[1] != before[1] and after[3] and after[4], (path, number)
                assert after[2] == before[2] + (-1 if back else 1), (path, number)


@pytest.mark.parametrize("engine", ENGINES)
def test_lesson_00_runs_live_in_other_engines_too(site, engine):
    with ENGINES[engine]() as browser:
        def until(condition, seconds):
            ends = time.monotonic() + seconds
            while not browser.run(f"return Boolean({condition});"):
                assert time.monotonic() < ends, f"not within {seconds} s: {condition}"
                time.sleep(0.5)

        browser.open(f"{site}/lite/notebooks/index.html?path=00_start_here.ipynb")
        session = "window.jupyterapp?.shell?.currentWidget?.sessionContext"
        until(f"{session}?.isReady && {session}.session?.kernel?.status === 'idle'", 180)
        browser.run("""window.allRun = false; window.jupyterapp.commands.execute('notebook:run-all-cells')
            .then(() => { window.allRun = true; });""")
        until("window.allRun", 180)
        browser.run("await window.jupyterapp.shell.currentWidget.content.scrollToItem(12, 'center');")
        until("document.querySelector('.rnn-picture img')?.naturalWidth && document.querySelector('.noUi-handle')", 60)
        before = browser.run("""const [image, slider] = ['.rnn-picture img', '.noUi-handle'].map(p => document.querySelector(p));
            slider.focus(); return image.src;""")
        browser.press("\ue012")     # the left arrow
        until(f"document.querySelector('.rnn-picture img').src !== {json.dumps(before)}", 30)
        assert browser.run("""return window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
            .flatMap(c => c.getOutputs ? c.getOutputs() : []).filter(o => o.output_type === 'error').length;""") == 0
