"""usage: python tools/slides.py [--quick] [NAME...]

Makes a deck of slides of each lesson, build/slides/html/LESSON.html, that needs neither a kernel nor a network: figures move with
the pictures of the static site. reveal.js and MathJax come from npm, once. NAME: how the name of a lesson begins.

--quick     the notebooks as committed, not executed: figures are still pictures

What a cell is stands in its metadata (slideshow: slide_type), as JupyterLab writes it. Where nothing stands there, rules decide:
see `kinds`. The speaker's notes (key S) are the rows of the table in INSTRUCTORS.md and the folded solutions.
"""
import argparse
import ast
import base64
import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from jinja2 import DictLoader
from nbconvert.exporters import SlidesExporter
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "slides"
HTML = FOLDER / "html"
PACKAGES = {"reveal.js": "5.2.1", "mathjax": "3.2.2"}
KINDS = {"slide", "subslide", "fragment", "skip", "notes", "-"}
FULL = 25       # lines of text that fit on a slide
FIGURE = 16     # lines that a picture takes

TEMPLATE = """{%- extends 'index.html.j2' -%}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}
<script>
window.MathJax = {tex: {inlineMath: [["$", "$"]], processEscapes: true}};
</script>
<script defer src="{{ resources.reveal.url_prefix }}/tex-svg.js"></script>
{% endblock %}
{% block html_head_css %}<style>{{ resources.course.style }}</style>{% endblock %}
{% block footer_js %}
{{ resources.course.pictures }}
<script src="{{ resources.reveal.url_prefix }}/dist/reveal.js"></script>
<script src="{{ resources.reveal.url_prefix }}/plugin/notes/notes.js"></script>
<script>
Reveal.initialize({width: 1280, height: 760, margin: 0.03, center: false, hash: true, controls: false, slideNumber: "c/t",
                   navigationMode: "linear", transition: "none", plugins: [RevealNotes]});
</script>
<script>{{ resources.course.fit }}</script>
<script type="module">{{ resources.course.script }}</script>
{% endblock %}
"""

# What rules about lines have misjudged is drawn smaller, so that all of it is seen; and a presenter's keys, Space and PageDown,
# go on even where a slider has the focus, which has the arrows.
FIT = """
const fit = () => {
  const slide = Reveal.getCurrentSlide();
  for (let zoom = 1; slide && zoom > 0.5; zoom -= 0.05) {
    Object.assign(slide.style, zoom === 1 ? { zoom: "", maxHeight: "" } : { zoom, maxHeight: `${760 / zoom}px` });
    if (slide.scrollHeight <= slide.clientHeight + 1) break;
  }
};
for (const event of ["ready", "slidechanged", "fragmentshown", "fragmenthidden"]) Reveal.on(event, fit);
document.addEventListener("load", fit, true); // pictures that come late
addEventListener("keydown", (event) => {
  if (!event.target.matches?.("input[type=range]") || !["PageDown", "PageUp", " "].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "PageUp") Reveal.prev();
  else Reveal.next();
}, true);
"""

STYLE = """
.reveal .slides { text-align: left; }
.reveal .slides section { font-size: 24px; max-height: 760px; overflow-y: auto; }
.reveal h1, .reveal h2, .reveal h3 { text-transform: none !important; text-align: left; letter-spacing: 0; }
.reveal h1 { font-size: 1.9em; } .reveal h2 { font-size: 1.5em; } .reveal h3 { font-size: 1.25em; }
.reveal p, .reveal li, .reveal table { font-size: 24px; line-height: 1.4; }
.reveal .jp-RenderedHTMLCommon { width: 100%; max-width: 1180px; padding: 0; font-family: "Source Sans Pro", sans-serif; }
.reveal pre, .reveal .highlight pre { font-size: 19px; line-height: 1.35; box-shadow: none; width: 100%; }
.reveal p code, .reveal li code, .reveal td code { font-size: 0.85em; padding: 0; background: none; }
.reveal .jp-InputPrompt, .reveal .jp-OutputPrompt { display: none; }
.reveal img, .live-figure img { max-height: 500px; max-width: 100%; margin: 0; }
.live-figure { margin: 0; max-width: none; border: 0; background: none; padding: 0; }
.reveal .live-figure figcaption { font-size: 22px; min-height: 2.8em; }
.reveal .live-figure-controls p { display: none; }
.reveal .live-figure-controls label { font-size: 20px; grid-template-columns: minmax(10rem, 20rem) minmax(8rem, 26rem) auto; }
.reveal details { display: none; }
.reveal .reveal { width: auto; height: auto; font: inherit; line-height: inherit; }
"""


# --- what becomes of a cell

def source_height(cell):
    """How many lines of a slide a cell's own text takes, about."""
    if cell.cell_type == "code":
        return 0 if is_call(cell) else 0.9 * (cell.source.count("\n") + 1) + 1
    height, inside = 0.0, False
    for line in cell.source.split("\n"):
        inside = inside ^ line.startswith("```")
        height += (2 if line.startswith("#") else 0.9 if inside else 2.5 if line.startswith("$$") else 1.6 if line.startswith("|")
                   else 0.5 if not line.strip() else len(line) / 105)
    return height + 0.5


def output_height(cell):
    height = 0.0
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "live-figure" in data.get("text/html", ""):
            height += FIGURE + 3 + 1.6 * data["text/html"].count("&quot;label&quot;")
        elif "image/png" in data:
            height += FIGURE
        else:
            height += 0.5 + 0.9 * (data.get("text/plain", output.get("text", "")).count("\n") + 1)
    return height


def shows(cell):
    return any(kind in output.get("data", {}) for output in cell.get("outputs", []) for kind in ("image/png", "text/html"))


def is_call(cell):
    """Whether a cell of code only calls for a figure or a question: then the slide shows what it shows, and not the call."""
    if cell.cell_type != "code" or not shows(cell) or len(cell.source.split("\n")) > 8:
        return False
    nodes = ast.parse(cell.source).body
    return all(isinstance(node, (ast.Import, ast.ImportFrom, ast.Expr, ast.Assign)) for node in nodes)


def kinds(cells):
    """The slide type of each cell: what its metadata say, else by these rules.

    A heading begins a slide; so does, under it, whatever no longer fits, with the sentence that leads to it. A folded solution is
    for the speaker's notes. An answer (`.reveal`) waits for the next key. Cells that only import, and checks of an exercise
    nobody has written yet, are left out.
    """
    height, found = 0.0, []
    for n, cell in enumerate(cells):
        told = cell.metadata.get("slideshow", {}).get("slide_type")
        if told and told not in KINDS:
            raise ValueError(f"cell {cell.id}: slide_type must be one of {', '.join(sorted(KINDS))}; it was {told!r}")
        kind, tall = told or rule(cell), source_height(cell) + output_height(cell)
        if n == 0:
            kind = "slide"
        elif kind in ("-", "fragment") and not told and height + tall > FULL and height > 3:
            kind = "subslide"
            before = cells[n - 1]
            lead = source_height(before)
            if found[-1] == "-" and before.cell_type == "markdown" and before.source.rstrip().endswith(":") and lead <= 3:
                found[-1], kind, height = "subslide", "-", lead     # the sentence that leads to a figure goes with it
        height = (tall if kind in ("slide", "subslide") else height + tall if kind in ("-", "fragment") else height)
        found.append(kind)
    return found


def rule(cell):
    if cell.cell_type == "markdown":
        return "slide" if cell.source.startswith("#") else "notes" if cell.source.startswith("<details>") else "-"
    lines = [line for line in cell.source.split("\n") if line.strip()]
    if all(re.match(r"(import|from|assert getattr)\b", line) for line in lines):
        return "skip"
    if re.search(r"^check\(", cell.source, re.M) and "def " not in cell.source:
        return "skip"
    return "fragment" if ".reveal(" in cell.source else "-"


def labels(cell):
    """What the controls of a cell's figures are called."""
    return {control["label"] for output in cell.get("outputs", [])
            for found in re.findall(r'data-controls="([^"]*)"', output.get("data", {}).get("text/html", ""))
            for control in json.loads(html.unescape(found))}


# --- the speaker's notes

def rows(page, number):
    """[(what to move, when, what to ask)] of one lesson, from the table of INSTRUCTORS.md."""
    found, at = [], None
    for line in page.split("\n"):
        columns = [column.strip() for column in line.strip("|").split("|")] if line.startswith("|") else []
        if len(columns) == 5:
            lesson = re.match(r"\[(\d\d)\]", columns[0])
            at = lesson[1] if lesson else at if not columns[0] else None
            if at == number:
                found.append(tuple(columns[2:]))
    return found


def noted(cells, page, number):
    """The cells with the notes behind the figures that they speak of; those of no figure here stand at the start."""
    notes, last = {}, 0
    for move, when, ask in rows(page, number):
        wanted = set(re.findall(r"\*([^*]+)\*", move))
        fitting = [n for n, cell in enumerate(cells) if wanted & labels(cell)]
        best = [n for n in fitting if wanted <= labels(cells[n])] or fitting
        last = next((n for n in best if n > last), best[0] if best else 0)
        text = f"**Move** {move}\n\n**When** {when}\n\n**Ask** {ask}"
        notes.setdefault(last, []).append(nbformat.v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": "notes"}}))
    return [each for n, cell in enumerate(cells) for each in (cell, *notes.get(n, []))]


# --- the deck

def parted(cells):
    """The cells, with code and its picture apart where a slide has no room for both."""
    for cell in cells:
        if cell.cell_type == "code" and shows(cell) and not is_call(cell) and source_height(cell) + output_height(cell) > FULL:
            picture = nbformat.v4.new_code_cell("", outputs=cell.outputs, metadata={
                "slideshow": {"slide_type": "subslide"}})
            cell.outputs = []
            yield from (cell, picture)
        else:
            yield cell


def prepared(path, page):
    """The notebook with its slide types and notes, and calls for figures without their code."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = list(parted(notebook.cells))
    for cell, kind in zip(notebook.cells, kinds(notebook.cells)):
        cell.metadata["slideshow"] = {"slide_type": kind}
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\((?!https?:|#)[^)]+\)", "](#/)", cell.source)     # no page beside the deck to go to
            if kind == "notes":
                cell.source = re.sub(r"</?(details|summary)>", "", cell.source)
        elif is_call(cell):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "slide-without-code"]
    notebook.cells = noted(notebook.cells, page, path.stem[:2])
    return notebook


def script():
    """The site's own script for its figures, in one piece: a page opened as a file may not load a second module."""
    module = base64.b64encode((ROOT / "rnnlib" / "course" / "page.js").read_bytes()).decode()
    text = (ROOT / "site" / "_static" / "live_figures.js").read_text(encoding="utf-8")
    if text.count('"./page.js"') != 1:
        raise ValueError("site/_static/live_figures.js no longer imports ./page.js once: tools/slides.py must follow")
    return text.replace('"./page.js"', f'"data:text/javascript;base64,{module}"')


def deck(path, page):
    """The HTML of a lesson's slides; its figures' pictures lie inside."""
    notebook = prepared(path, page)
    names = re.findall(r'data-name=\\?"(\w+)', json.dumps(notebook))
    pictures = "\n".join(
        f'<script type="text/plain" id="{name}-{part}">'
        f'{base64.b64encode((path.parent / "pictures" / f"{name}-{part}.bin").read_bytes()).decode()}</script>'
        for name in dict.fromkeys(names) for part in ("start", "rest"))
    style = (ROOT / "site" / "_static" / "live_figures.css").read_text(encoding="utf-8") + STYLE
    exporter = SlidesExporter(
        extra_loaders=[DictLoader({"course.html.j2": TEMPLATE})], template_file="course.html.j2",
        reveal_url_prefix="reveal", reveal_theme="white", exclude_input_prompt=True, exclude_output_prompt=True,
        config=Config({"TagRemovePreprocessor": {"enabled": True, "remove_input_tags": {"slide-without-code"}}}))
    course = {"style": style, "pictures": pictures, "script": script(), "fit": FIT}
    return exporter.from_notebook_node(notebook, {"course": course, "metadata": {"name": path.stem}})[0]


def fetch():
    """reveal.js and MathJax, beside the decks."""
    target, modules = HTML / "reveal", FOLDER / "npm" / "node_modules"
    stamp = target / "versions.json"
    if stamp.exists() and json.loads(stamp.read_text()) == PACKAGES:
        return
    if not shutil.which("npm"):
        raise ValueError("npm is not installed: reveal.js and MathJax come from there, once; install Node.js")
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", FOLDER / "npm", *wanted], check=True)
    shutil.rmtree(target, ignore_errors=True)
    for part in ("dist", "plugin/notes"):
        shutil.copytree(modules / "reveal.js" / part, target / part)
    shutil.copy(modules / "mathjax" / "es5" / "tex-svg.js", target)
    stamp.write_text(json.dumps(PACKAGES))


def main(arguments):
    parser = argparse.ArgumentParser(description="A deck of slides of each lesson.")
    parser.add_argument("--quick", action="store_true", help="the notebooks as committed, not executed")
    parser.add_argument("names", nargs="*", metavar="NAME", help="how the name of a lesson begins; all without")
    options = parser.parse_args(arguments)
    lessons = [path for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
               if not options.names or path.name.startswith(tuple(options.names))]
    page = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
    try:
        if not lessons:
            raise ValueError(f"no lesson begins with {' or '.join(options.names)}")
        fetch()
        if not options.quick:
            from build_site import execute_all
            lessons = execute_all(lessons)
        for path in lessons:
            (HTML / f"{path.stem}.html").write_text(deck(path, page), encoding="utf-8")
            print(HTML / f"{path.stem}.html", flush=True)
    except (ValueError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
