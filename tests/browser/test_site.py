"""The built site as its readers have it: on a plain static server, under a sub-path, with no other server to ask."""

import json
import re
import shutil
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

import pytest
from lab import Notebook, launch, static_server
from playwright.sync_api import expect
from test_lab import source, wait_for_new_picture

from conftest import NOTEBOOKS, ROOT

HTML = ROOT / "build" / "site" / "html"
BUILDER = ROOT / "build" / "site-env" / "bin" / "python"      # the Python that has built it
LESSONS = [path.stem for path in NOTEBOOKS]
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
        if page.locator(".math").count():
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_fault_that_axe_can_find(visit, scheme, keep_picture):
    axe = (Path(pytest.importorskip("axe_playwright_python").__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    found = []
    for path in ("index.html", "notebooks/01_rnn_cell.html", "licences.html", "instructors.html", "search.html?q=gate"):
        page = visit(path, color_scheme=scheme)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("() => document.documentElement.dataset.theme") == scheme
        keep_picture(page, f"site_{scheme}_{Path(path.split('?')[0]).stem}")
        page.evaluate(axe)
        result = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", WCAG)
        assert result["passes"], "axe looked at nothing"
        found += [f"{path}: {fault['id']}: {fault['nodes'][0]['html'][:300]}" for fault in result["violations"]]
    assert found == []


# --- slider figures without a kernel

PAGES_WITH_FIGURES = ["index", *(f"notebooks/{lesson}" for lesson in LESSONS)]


def bytes_of(visited):
    """Collects what comes over the network for the figures: {file name: bytes}."""
    came = {}
    visited.on("response", lambda answer: "/pictures/" in answer.url
               and came.update({answer.url.rsplit("/", 1)[1]: int(answer.headers["content-length"])}))
    return came


def shown_of(figure):
    return figure.locator("img").get_attribute("src"), figure.locator("figcaption").inner_text()


@pytest.mark.parametrize("path", PAGES_WITH_FIGURES)
def test_every_slider_of_the_page_moves_by_key_without_a_kernel(visit, path, keep_picture):
    page = visit(f"{path}.html")
    came = bytes_of(page)
    figures = page.locator("figure.live-figure")
    assert figures.count() >= 1
    for number in range(figures.count()):
        figure = figures.nth(number)
        figure.scroll_into_view_if_needed()
        name = figure.get_attribute("data-name")
        page.wait_for_function("f => f.live.listed", arg=figure.element_handle(), timeout=10_000)
        height = figure.bounding_box()["height"]
        assert came[f"{name}-start.bin"] <= 300_000 and f"{name}-rest.bin" not in came      # before the first move
        inputs = figure.locator("input, select")
        for i in range(inputs.count()):
            # there and back over all positions: every one has a picture and a sentence of its own place
            seen = page.evaluate("""async ([figure, i]) => { const live = figure.live; const seen = [];
                for (let k = 0; k < live.controls[i].texts.length; k++) {
                    await live.move(i, k); await live.rest; await live.show();
                    seen.push([figure.querySelector('img').src, figure.querySelector('img').naturalWidth]); }
                await live.move(i, live.controls[i].at); await live.show(); return seen; }""", [figure.element_handle(), i])
            assert all(width > 0 for _, width in seen)
            assert len({url for url, _ in seen}) == len(seen)
            before, field = shown_of(figure), inputs.nth(i)
            field.focus()
            page.keyboard.press("ArrowRight" if field.evaluate("f => f.value !== (f.max || String(f.options?.length - 1))")
                                else "ArrowLeft")
            page.wait_for_function("([f, src]) => f.querySelector('img').src !== src", arg=[figure.element_handle(), before[0]])
            if field.evaluate("f => f.type") == "range":
                assert field.get_attribute("aria-valuetext") == figure.locator("output").all_inner_texts()[
                    field.evaluate("f => [...f.closest('figure').querySelectorAll('input')].indexOf(f)")]
            assert figure.locator("img").get_attribute("alt") == shown_of(figure)[1]
        assert sum(size for file, size in came.items() if file.startswith(name)) <= 2_000_000
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
    assert "0.864⁹⁹ = 5.2×10⁻⁷" in shown_of(figure)[1]
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


def test_a_slider_that_moves_alone_sends_the_others_home(visit):
    page = visit("notebooks/01_rnn_cell.html")
    figure = page.locator("figure.live-figure").first
    figure.scroll_into_view_if_needed()
    controls = json.loads(figure.get_attribute("data-controls"))
    joint, alone = (next(i for i, c in enumerate(controls) if c["joint"] == kind) for kind in (True, False))
    for i in (joint, alone):
        page.evaluate("([f, i]) => f.live.move(i, 0)", [figure.element_handle(), i])
    home = [c["at"] for c in controls]
    assert page.evaluate("f => f.live.place", figure.element_handle()) == [0 if i == alone else at for i, at in enumerate(home)]
    page.evaluate("([f, i]) => f.live.move(i, 0)", [figure.element_handle(), joint])
    assert page.evaluate("f => f.live.place", figure.element_handle()) == [0 if i == joint else at for i, at in enumerate(home)]
    assert "one at a time" in figure.locator(".live-figure-controls p").inner_text()


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
