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

import nbformat
import pyodide

from notebooks import AT_ONCE, execute

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "site"
HTML = SITE / "html"
PLACEHOLDER = "OWNER"


# --- the lessons, executed

# What their kernels run first; a figure that is shown writes no files by itself.
FOLLOW = "from rnnlib.course import static_export; static_export.follow({!r})"


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
    key = hashlib.sha256(key.encode() + path.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "pictures").mkdir(parents=True)
        try:
            content = execute(path, FOLLOW.format(str(folder / "pictures")))
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

def page_of_lesson(path, address, ref):
    """An executed notebook as the book shows it: the link to the live copy under its title, and a text for every picture."""
    notebook = nbformat.read(path, as_version=4)
    opened = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = outward_links(cell.source, "notebooks", address, ref)
            if not opened and cell.source.startswith("# "):
                title, rest = cell.source.split("\n", 1)
                cell.source = f"{title}\n\n{LIVE.format(name=path.name)}\n{rest}"
                opened = True
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                sentence = output.data["text/plain"].split("\n[")[0]
                cell.metadata["mystnb"] = {"image": {"alt": " ".join(sentence.split())}}
    if not opened:
        raise ValueError(f"{path.name}: its first cell must open with a title")
    return nbformat.writes(notebook)


LIVE = """<p class="live-link"><a href="../lite/notebooks/index.html?path={name}">Run this lesson live in your browser</a>
<span>Nothing to install. Code, exercises and every slider work; what you write stays in this browser.</span></p>
"""


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


START = """<p class="start-link"><a href="notebooks/{name}.html">Start with lesson 00</a>
<span>Read, move the sliders, or run any lesson live in your browser: nothing to install.</span></p>
"""


def slider_figure(path):
    """The HTML of an executed notebook's first slider figure; an empty text where it was not executed for the site."""
    outputs = [output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", [])]
    figures = [output["data"]["text/html"] for output in outputs if "live-figure" in output.get("data", {}).get("text/html", "")]
    return "".join(figures[:1])


def home(address, ref, lessons, figure):
    """README.md without what only contributors need, its picture as one that moves, and the table of contents."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"^!\[.*$", lambda picture: f"{figure or picture.group()}\n\n{START.format(name=lessons[0].stem)}", text,
                  count=1, flags=re.M)
    text = re.sub(r"^## Contributing\n.*?(?=^## )", "", text, flags=re.M | re.S)
    if PLACEHOLDER in address:
        text = re.sub(r"<!-- links:start -->.*?<!-- links:end -->", "", text, flags=re.S)
    text = outward_links(text, ".", address, ref)
    return text + CONTENTS.format(caption="Lessons", pages="\n".join(f"notebooks/{path.stem}" for path in lessons)) \
        + CONTENTS.format(caption="About", pages="instructors\nlicences")


def write_source(folder, pictures, lessons, licences_page, quick):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["rnnlib"]
    address, ref = settings["address"], settings["ref"]
    (folder / "notebooks").mkdir(parents=True)
    shutil.copytree(ROOT / "images", folder / "images")
    shown = lessons if quick else list(execute_all(lessons))
    for path in shown:
        (folder / "notebooks" / path.name).write_text(page_of_lesson(path, address, ref), encoding="utf-8")
        for picture in (path.parent / "pictures").glob("*"):
            shutil.copy(picture, pictures)
    (folder / "index.md").write_text(home(address, ref, lessons, slider_figure(shown[0])), encoding="utf-8")
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
        "--output-dir", lite, "--apps", "notebooks", "--no-sourcemaps", "--no-unused-shared-packages", cwd=folder)
    shutil.move(scratch / "pyodide", lite)
    shutil.copy(ROOT / "site" / "progress.js", lite)
    page = lite / "notebooks" / "index.html"
    text = page.read_text(encoding="utf-8")
    head = '<link rel="icon" href="../../_static/icon.svg">\n<script src="../progress.js" defer></script>\n</head>'
    page.write_text(text.replace("</head>", head, 1), encoding="utf-8")


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
            ("Font Awesome Free", theme / "fontawesome.js.LICENSE.txt", r"Font Awesome Free ([\d.]+)",
             "icons CC BY 4.0, fonts OFL 1.1, code MIT"),
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
        write_source(scratch / "source", html / "pictures", lessons, licences(html / "lite"), quick)
        run(sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-c", ROOT / "site",
            "-d", scratch / "doctrees", scratch / "source", html)
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
