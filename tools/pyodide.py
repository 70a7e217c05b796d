"""usage: python tools/pyodide.py VERSION CARRIER

Python for the browser: Pyodide, and the packages that a lesson needs there, as tools/build_site.py puts them into the site.
Run by hand, it writes site/pyodide.json anew: which files of Pyodide VERSION ("314.0.3") the site uses, with the sha256 that its
npm package states. CARRIER ("open-webui==0.12.4") is a package on PyPI whose wheel carries them, from where a site that holds its
own Python gets them.
"""
import hashlib
import importlib.metadata
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "site" / "pyodide.json"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
# What a lesson imports, and what the kernel itself asks for.
NEEDED = ["numpy", "matplotlib", "micropip", "ipython", "jedi", "comm", "ipywidgets", "anywidget", "font-source-sans-pro"]
# Never imported in a browser: other processes, and the browser's side of widgets, which the site has already.
SUPERFLUOUS = {"pexpect", "psutil", "ptyprocess", "jupyterlab-widgets", "widgetsnbextension"}
# Folders of a package that stay here: its tests, and 5000 files in which jedi describes packages that no lesson uses.
LEFT_OUT = {"..", "tests", "__pycache__", "third_party"}
KERNEL_WHEELS = "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def put(folder, base, rnnlib_wheel):
    """Puts into `folder` what the browser fetches from the site itself, and the list of everything it fetches.

    base : where the files of Pyodide are: an address that ends in "/", or "" for `folder` itself, which then gets a copy.
    Returns the address of Pyodide's start file, and the packages to load with it.
    """
    pins = json.loads(PINS.read_text(encoding="utf-8"))
    folder.mkdir(parents=True)
    if not base:
        for name, content in carried(pins):
            (folder / name).write_bytes(content)
    lock = {name: {**entry, "file_name": base + entry["file_name"]} for name, entry in pins["packages"].items()}
    lock |= {name: entry for name, entry in environment_wheels(folder, set(lock))}
    for wheel in [rnnlib_wheel, *(Path(sys.prefix) / KERNEL_WHEELS).glob("[!w]*.whl")]:
        name, version = wheel.name.split("-")[:2]
        (folder / wheel.name).write_bytes(wheel.read_bytes())
        lock[canonicalize_name(name)] = entry_of(name, version, folder / wheel.name)
    sizes = {name: entry.pop("size") for name, entry in lock.items()}
    for entry in lock.values():
        entry.pop("license", None)
    content = json.dumps({"info": pins["info"], "packages": dict(sorted(lock.items()))})
    (folder / "pyodide-lock.json").write_text(content, encoding="utf-8")
    files = [[base + name, entry["size"]] for name, entry in pins["core"].items()]
    files += [[entry["file_name"], sizes[name]] for name, entry in lock.items()]
    (folder / "files.json").write_text(json.dumps(files), encoding="utf-8")
    return base + "pyodide.mjs", sorted(lock)


def carried(pins):
    """(name, content) of each file of Pyodide itself, out of the carrier's wheel, held to its sha256. Fetched once."""
    cache = ROOT / "build" / "pyodide"
    wanted = {name: entry["sha256"] for name, entry in pins["core"].items()}
    wanted |= {entry["file_name"]: entry["sha256"] for entry in pins["packages"].values()}
    if not all((cache / name).exists() and sha256((cache / name).read_bytes()) == digest for name, digest in wanted.items()):
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                            "--only-binary=:all:", "--dest", scratch, pins["carrier"]], check=True)
            with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
                inside = {name.rsplit("/", 1)[-1]: name for name in wheel.namelist() if "/pyodide/" in name}
                for name, digest in wanted.items():
                    content = wheel.read(inside[name])
                    if sha256(content) != digest:
                        raise ValueError(f"{name} in {pins['carrier']} is not the file that {PINS.name} names: "
                                         f"sha256 {sha256(content)}, expected {digest}")
                    (cache / name).write_bytes(content)
    for name in wanted:
        yield name, (cache / name).read_bytes()


def environment_wheels(folder, there):
    """(name, lock entry) of each pure package that is needed beyond `there`: made of what is installed beside this Python."""
    browser = {"sys_platform": "emscripten", "platform_system": "Emscripten", "os_name": "posix", "extra": "",
               "python_version": "3.14", "python_full_version": "3.14.0"}
    todo, seen = list(NEEDED), set(there) | SUPERFLUOUS
    while todo:
        name = canonicalize_name(todo.pop())
        if name in seen:
            continue
        seen.add(name)
        installed = importlib.metadata.distribution(name)
        for line in installed.requires or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate(browser):
                todo.append(requirement.name)
        yield name, entry_of(name, installed.version, repack(installed, folder))


def repack(installed, folder):
    """The wheel of an installed pure package; byte for byte the same each time."""
    name = installed.metadata["Name"].replace("-", "_")
    path = folder / f"{name}-{installed.version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for file in sorted(installed.files):
            if file.suffix in {".so", ".pyd"} or file.name in {"RECORD", "INSTALLER", "REQUESTED"}:
                continue        # what is compiled here only speeds up what is there in Python too
            if not LEFT_OUT & set(file.parts):
                wheel.writestr(zipfile.ZipInfo(file.as_posix(), (2020, 1, 1, 0, 0, 0)), file.read_binary(), zipfile.ZIP_DEFLATED)
    return path


def entry_of(name, version, path):
    return {"name": name, "version": version, "file_name": path.name, "install_dir": "site", "sha256": sha256(path.read_bytes()),
            "package_type": "package", "imports": [name.replace("-", "_")], "depends": [], "unvendored_tests": False,
            "size": path.stat().st_size}


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    version, carrier = arguments
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["npm", "pack", "--silent", f"pyodide@{version}"], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as package:
            def read(name):
                return package.extractfile(f"package/{name}").read()
            core = {name: {"sha256": sha256(read(name)), "size": len(read(name))} for name in CORE}
            lock = json.loads(read("pyodide-lock.json"))
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, carrier], check=True)
        packages, todo = {}, ["numpy", "matplotlib", "micropip"]
        with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
            inside = {name.rsplit("/", 1)[-1]: name for name in wheel.namelist() if "/pyodide/" in name}
            while todo:
                name = todo.pop()
                if name not in packages:
                    entry = packages[name] = lock["packages"][name]
                    todo += entry["depends"]
                    content = wheel.read(inside[entry["file_name"]])
                    if sha256(content) != entry["sha256"]:
                        raise ValueError(f"{entry['file_name']} in {carrier} is not the one that Pyodide {version} names")
                    entry["size"] = len(content)
                    entry["license"] = licence(metadata_in(io.BytesIO(content)))
    pins = {"version": version, "cdn": f"https://cdn.jsdelivr.net/pyodide/v{version}/full/", "carrier": carrier,
            "info": lock["info"], "core": core, "packages": dict(sorted(packages.items()))}
    PINS.write_text(json.dumps(pins, indent=1) + "\n", encoding="utf-8")
    return 0


def metadata_in(wheel):
    info = next(part for part in zipfile.Path(wheel).iterdir() if part.name.endswith(".dist-info"))
    return importlib.metadata.PathDistribution(info).metadata


def licence(metadata):
    """The name of a package's licence, from whichever of three places its metadata has it in."""
    named = metadata.get("License-Expression")
    classified = [entry.split(" :: ")[-1] for entry in metadata.get_all("Classifier") or [] if entry.startswith("License ::")]
    return named or ", ".join(classified) or (metadata.get("License") or "see its page").strip().split("\n")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
