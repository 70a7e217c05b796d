"""usage: python tools/build_site.py [--pyodide cdn|self] [--quick] [--serve [PORT]]

Builds the course's static site into build/site/html: a book of all lessons, and JupyterLite, which runs them in the browser.

--pyodide cdn   (default) the browser fetches Python from Pyodide's public CDN
--pyodide self  the site holds its own copy, put together from PyPI once: for networks without the CDN, and for the tests
--quick         show the notebooks as they are committed, without executing them: slider figures are still pictures then
--serve [PORT]  then serve it on this machine, http://127.0.0.1:8000/ unless told otherwise
"""
import argparse
import functools
import hashlib
import http.server
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import lesson_texts
import nbformat
import pyodide
import site_home
import site_pages

import notebooks
from notebooks import AT_ONCE, execute

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "site"
HTML = SITE / "html"
PLACEHOLDER = "OWNER"
NOTEBOOK = 9        # MB that the notebook itself fetches before Python comes; tests/browser/test_site.py measures it


# --- the lessons, executed

notebooks.CELL_SECONDS = 1800       # a figure that draws all its positions takes longer than in a notebook

# What their kernels run first; a figure that is shown writes no files by itself.
FOLLOW = "from rnnlib.course import static_export; static_export.follow({!r}, {!r})"


def library_key():
    """Changes whenever a figure might: with rnnlib's files, Python, and what it draws and computes with."""
    key = hashlib.sha256(sys.version.encode())
    for name in ("numpy", "matplotlib", "ipywidgets", "anywidget", "ipython", "nbclient"):
        key.update(f"{name} {importlib.metadata.version(name)}".encode())
    for path in sorted((ROOT / "rnnlib").rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            key.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return key.hexdigest()


def executed(path, key):
    """The notebook executed; beside it, in pictures/, those of its slider figures. Made only when something changed."""
    folder = SITE / "executed" / path.stem
    stamp = folder / "key"
    texts = json.dumps(lesson_texts.of_figures(path))
    key = hashlib.sha256(key.encode() + path.read_bytes() + texts.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "pictures").mkdir(parents=True)
        (folder / "texts.json").write_text(texts, encoding="utf-8")
        try:
            content = execute(path, FOLLOW.format(str(folder / "pictures"), str(folder / "texts.json")))
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from None
        (folder / path.name).write_bytes(content)
        stamp.write_text(key)       # last: an interrupted run is taken up again
    return folder / path.name


def execute_all(paths):
    key = library_key()
    with ProcessPoolExecutor(AT_ONCE) as pool:
        for path in pool.map(functools.partial(executed, key=key), paths):
            print(f"{path.name}: executed", flush=True)
            yield path


# --- the pages

def page_of_lesson(path, address, ref, size):
    """An executed notebook as the book shows it.

    The link to the live copy stands under its title and beside what only Python can make anew; every picture has a text; and
    what follows a prediction stands folded up to its answer.
    """
    notebook = nbformat.read(path, as_version=4)
    opened = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = outward_links(cell.source, "notebooks", address, ref)
            if not opened and cell.source.startswith("# "):
                title, rest = cell.source.split("\n", 1)
                cell.source = f"{title}\n\n{LIVE.format(name=path.name, size=size)}\n{rest}"
                opened = True
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                sentence = output.data["text/plain"].split("\n[")[0]
                cell.metadata["mystnb"] = {"image": {"alt": " ".join(sentence.split())}}
                if output.data.pop(PHOTOGRAPH, None) is not None:
                    cell.metadata["mystnb"]["image"]["classes"] = "photograph"
    if not opened:
        raise ValueError(f"{path.name}: its first cell must open with a title")
    notebook.cells = [part for cell in fold_answers(notebook.cells) for part in with_live_link(cell, path.name, size)]
    return nbformat.writes(notebook)


LIVE = """<p class="live-link"><a href="../lite/notebooks/index.html?path={name}">Run this lesson live in your browser</a>
<span>Nothing to install. The first visit fetches about {size} MB; code, exercises and every slider work, and what you write is
kept in this browser.</span></p>
"""
RECORDED = {
    "training": "The run above was recorded when this page was made. Its buttons need Python.",
    "text": "The answer above was recorded when this page was made. To type something of your own needs Python.",
}
RUN_LIVE = """<p class="live-link recorded"><a href="../lite/notebooks/index.html?path={name}">Run this live</a>
<span>{said} The first visit fetches about {size} MB.</span></p>
"""
FOLD = """<details class="answer" data-key="{key}"><summary>What happens: commit to your prediction first, or open this to go on
without one</summary>
"""


def with_live_link(cell, name, size):
    """The cell, and after an output that only Python can make anew the link to where it can."""
    yield cell
    kinds = [output["data"].pop(RECORDED_TYPE) for output in cell.get("outputs", []) if RECORDED_TYPE in output.get("data", {})]
    if kinds:
        yield nbformat.v4.new_markdown_cell(RUN_LIVE.format(name=name, said=RECORDED[kinds[0]], size=size))


RECORDED_TYPE, PHOTOGRAPH = "application/x-recorded", "application/x-photograph"    # as rnnlib.course.static_export marks them


def keys_of(cell, kind):
    return re.findall(rf'class="{kind}" data-key="(\w+)"', str([output.get("data", {}).get("text/html", "")
                                                               for output in cell.get("outputs", [])]))


def fold_answers(cells):
    """The cells, with those from after a prediction to its answer in a fold; a heading between them stays outside."""
    cells = list(cells)
    for i, cell in reversed(list(enumerate(cells))):
        for key in keys_of(cell, "reveal"):
            asked = max((k for k in range(i) if key in keys_of(cells[k], "prediction")), default=i - 1)
            begin = i
            while begin - 1 > asked and not re.search("^#+ |<details|</details", cells[begin - 1].source, re.M) \
                    and not keys_of(cells[begin - 1], "prediction"):
                begin -= 1
            cells[i + 1:i + 1] = [nbformat.v4.new_markdown_cell("</details>")]
            cells[begin:begin] = [nbformat.v4.new_markdown_cell(FOLD.format(key=key))]
    return cells


def outward_links(text, folder, address, ref):
    """Links to files that are no page of the site lead to the repository, or are plain text while that has no address."""
    def replace(match):
        label, target = match.groups()
        if "://" in target or target.startswith("#") or re.match(r"\d\d_\w+\.ipynb$", target) and folder == "notebooks":
            return match.group()
        path = (ROOT / folder / target).resolve().relative_to(ROOT).as_posix()
        if path in PAGES or re.match(r"notebooks/\d|images/", path):
            return f"[{label}]({PAGES.get(path, path)})"
        return label if PLACEHOLDER in address else f"[{label}]({address}/blob/{ref}/{path})"
    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", replace, text)


# What README.md and INSTRUCTORS.md link to, and the page that shows it.
PAGES = {"INSTRUCTORS.md": "instructors.md", "LICENSE": "licences.md", "LICENSE-lessons.md": "licences.md"}
CONTENTS = """
```{{toctree}}
:hidden:
:caption: {caption}
{pages}
```
"""


def home(address, ref, lessons, figure):
    """The first page; from README.md it has what readers need."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    if PLACEHOLDER in address:
        text = re.sub(r"<!-- links:start -->.*?<!-- links:end -->", "", text, flags=re.S)
        text = text.replace("the nbgitpuller link above", "an nbgitpuller link")
    text = outward_links(site_home.page(text, lessons, figure), ".", address, ref)
    return text + CONTENTS.format(caption="Lessons", pages="\n".join(f"notebooks/{path.stem}" for path in lessons)) \
        + CONTENTS.format(caption="About", pages="instructors\nlicences")


def settings():
    """(address, ref) of the repository."""
    read = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["rnnlib"]
    return read["address"], read["ref"]


def write_source(folder, pictures, lessons, licences_page, quick, size):
    address, ref = settings()
    (folder / "notebooks").mkdir(parents=True)
    shutil.copytree(ROOT / "images", folder / "images")
    shown = lessons if quick else list(execute_all(lessons))
    for path in shown:
        (folder / "notebooks" / path.name).write_text(page_of_lesson(path, address, ref, size), encoding="utf-8")
        for picture in (path.parent / "pictures").glob("*"):
            shutil.copy(picture, pictures)
    figure = site_home.challenge(pictures)
    (folder / "index.md").write_text(home(address, ref, lessons, figure), encoding="utf-8")
    instructors = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
    (folder / "instructors.md").write_text(outward_links(instructors, ".", address, ref), encoding="utf-8")
    (folder / "licences.md").write_text(outward_links(licences_page, ".", address, ref), encoding="utf-8")


# --- the lessons live

def rnnlib_wheel(scratch):
    """Built from a copy, so that nothing an earlier build left behind gets into it."""
    source = scratch / "rnnlib"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "rnnlib", source / "rnnlib", ignore=shutil.ignore_patterns("__pycache__"))
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
        "--wheel-dir", scratch, source)
    return next(scratch.glob("rnnlib-*.whl"))


# what the notebook's own menus lead to, too
APPS = [part for app in ("notebooks", "tree", "edit", "consoles") for part in ("--apps", app)]


def build_lite(scratch, lite, lessons, base):
    """JupyterLite's notebook view with the lessons as they are committed, and Python with rnnlib in it."""
    start, packages = pyodide.put(scratch / "pyodide", base, rnnlib_wheel(scratch))
    configuration = {"jupyter-lite-schema-version": 0, "jupyter-config-data": {
        "appName": "Recurrent neural networks, live",
        "exposeAppInBrowser": True,     # progress.js asks it about the kernel
        "disabledExtensions": ["@jupyter-notebook/lab-extension:interface-switcher"],      # it leads to apps that are not built
        "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": {
            "pyodideUrl": start if base else f"./pyodide/{start}",
            "disablePyPIFallback": True,
            "loadPyodideOptions": {"lockFileURL": "./pyodide/pyodide-lock.json", "packages": packages},
        }},
    }}
    folder = scratch / "lite"
    (folder / "contents").mkdir(parents=True)
    (folder / "jupyter-lite.json").write_text(json.dumps(configuration), encoding="utf-8")
    for path in lessons:
        # JupyterLite puts a comma between the lines of a text that a notebook stores as a list
        (folder / "contents" / path.name).write_text(json.dumps(nbformat.read(path, as_version=4)), encoding="utf-8")
    run(sys.executable, "-m", "jupyter", "lite", "build", "--lite-dir", folder, "--contents", folder / "contents",
        "--output-dir", lite, *APPS, "--no-sourcemaps", "--no-unused-shared-packages", cwd=folder)
    shutil.move(scratch / "pyodide", lite)
    shutil.copy(ROOT / "site" / "progress.js", lite)
    listed = [{"name": path.name, "title": f"{path.stem[:2]} {site_home.lesson(path)['title']}",
               "version": hashlib.sha256(path.read_bytes()).hexdigest()[:12]} for path in lessons]
    (lite / "lessons.json").write_text(json.dumps(listed), encoding="utf-8")
    # its own first page would look for an application that is not there; the others look for their settings in it
    (lite / "index.html").write_text(LITE_HOME, encoding="utf-8")
    page = lite / "notebooks" / "index.html"
    text = page.read_text(encoding="utf-8").replace("<html>", '<html lang="en">', 1)
    head = '<link rel="icon" href="../../_static/icon.svg">\n<script src="../progress.js" defer></script>\n</head>'
    page.write_text(text.replace("</head>", head, 1), encoding="utf-8")


LITE_HOME = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Live lessons</title>
<meta http-equiv="refresh" content="0; url=../index.html">
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{}</script>
<p>The live lessons open from <a href="../index.html">the book</a>.</p></html>
"""


# --- the licences of what others made

def licences(lite):
    """The page of licences, from the metadata of what the site holds or fetches; `lite`: JupyterLite, as built."""
    lines = ["# Licences", "", "The code of the course is under the MIT licence:", "", "```text",
             (ROOT / "LICENSE").read_text(encoding="utf-8").strip(), "```", "",
             re.sub("^# .*", "", (ROOT / "LICENSE-lessons.md").read_text(encoding="utf-8")).strip(), "",
             "## What others made, and this site uses", "", "For the pages:", "", "| Name | Version | Licence |", "|---|---|---|"]
    for name in ("sphinx", "sphinx-book-theme", "pydata-sphinx-theme", "myst-nb"):
        lines.append(row(importlib.metadata.metadata(name)))
    theme = Path(importlib.metadata.distribution("pydata-sphinx-theme").locate_file(
        "pydata_sphinx_theme/theme/pydata_sphinx_theme/static/scripts"))
    mathjax = Path(importlib.metadata.distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline/static/mathjax"))
    for name, file, version, licence in (
            ("Bootstrap", theme / "bootstrap.js.LICENSE.txt", r"Bootstrap v([\d.]+)", "MIT"),
            ("MathJax", mathjax / "tex-chtml.js", r'VERSION="([\d.]+)"', "Apache-2.0")):
        found = re.search(version, file.read_text(encoding="utf-8"))
        lines.append(f"| {name} | {found[1] if found else 'see its files'} | {licence} |")

    pins = json.loads(pyodide.PINS.read_text(encoding="utf-8"))
    lines += ["", "For Python in the browser:", "", "| Name | Version | Licence |", "|---|---|---|",
              f"| Pyodide | {pins['version']} | MPL-2.0 |", f"| CPython | {pins['info']['python']} | PSF-2.0 |"]
    rows = [f"| {entry['name']} | {entry['version']} | {entry['license']} |" for entry in pins["packages"].values()]
    pinned = {entry["file_name"] for entry in pins["packages"].values()}
    rows += [row(pyodide.metadata_in(wheel)) for wheel in (lite / "pyodide").glob("*.whl") if wheel.name not in pinned]
    lines += sorted(rows, key=str.lower)

    lines += ["", "For the notebooks in the browser, JupyterLite "
              f"{importlib.metadata.version('jupyterlite-core')} (BSD-3-Clause) with these packages; the texts of their licences "
              "are in the files `third-party-licenses.json` that come with it:", ""]
    packages = {}
    for file in lite.rglob("third-party-licenses.json"):
        for package in json.loads(file.read_text(encoding="utf-8"))["packages"]:
            packages.setdefault(package["licenseId"] or "see its page", set()).add(f"{package['name']} {package['versionInfo']}")
    for licence, names in sorted(packages.items(), key=lambda item: -len(item[1])):
        lines += [f"**{licence}**: " + ", ".join(sorted(names)), ""]
    return "\n".join(lines) + "\n"


def row(metadata):
    return f"| {metadata['Name']} | {metadata['Version']} | {pyodide.licence(metadata)} |"


# --- the whole

def run(*command, **options):
    """Runs it quietly; what it said is shown only where it failed."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{done.stdout}\n{' '.join(map(str, command[:4]))} ... failed, see above")


def build(kind, quick):
    lessons = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    with tempfile.TemporaryDirectory(dir=SITE) as scratch:
        scratch = Path(scratch)
        html = scratch / "html"
        (html / "pictures").mkdir(parents=True)
        base = "" if kind == "self" else json.loads(pyodide.PINS.read_text(encoding="utf-8"))["cdn"]
        build_lite(scratch, html / "lite", lessons, base)
        files = json.loads((html / "lite" / "pyodide" / "files.json").read_text(encoding="utf-8"))
        size = round(sum(size for _, size in files) / 1e6) + NOTEBOOK
        write_source(scratch / "source", html / "pictures", lessons, licences(html / "lite"), quick, size)
        run(sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-c", ROOT / "site",
            "-d", scratch / "doctrees", scratch / "source", html)
        site_pages.finish(html, site_home.descriptions(lessons), *settings())
        shutil.rmtree(HTML, ignore_errors=True)     # only now: a build that fails leaves the site as it was
        html.rename(HTML)
    print(f"The site is in {HTML.relative_to(ROOT)}; any static server can publish that folder.")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def serve(port):
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Quiet, directory=HTML)) as server:
        print(f"Serving it on http://127.0.0.1:{server.server_port}/ until you press Ctrl-C.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def main(arguments):
    parser = argparse.ArgumentParser(description="Build the static site.")
    parser.add_argument("--pyodide", choices=["cdn", "self"], default="cdn", help="where the browser gets Python from")
    parser.add_argument("--quick", action="store_true", help="the notebooks as committed, not executed")
    parser.add_argument("--serve", nargs="?", type=int, const=8000, metavar="PORT", help="serve it afterwards")
    options = parser.parse_args(arguments)
    SITE.mkdir(parents=True, exist_ok=True)
    try:
        build(options.pyodide, options.quick)
    except (RuntimeError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.serve is not None:
        serve(options.serve)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
