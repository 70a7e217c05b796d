"""The files around the code say the same things and the truth."""
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
ENVIRONMENT = (ROOT / "environment.yml").read_text(encoding="utf-8")
CONDA = re.findall(r"^  - ([^\s:]+)$", ENVIRONMENT.split("dependencies:")[1], re.M)
PIP_ALONE = "font-source-sans-pro"      # conda-forge has no such package; `-e .` asks PyPI for it
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


# --- environment.yml and pyproject.toml

def test_conda_and_pip_install_the_same_ranges():
    pip = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["lab"]
    packages = [entry for entry in CONDA if entry != "pip" and not entry.startswith("python=")]
    assert sorted(packages) == sorted(entry for entry in pip if not entry.startswith(PIP_ALONE))


def test_conda_installs_the_course_itself():
    assert re.search(r"^  - pip:\n      - -e \.$", ENVIRONMENT, re.M)


def test_conda_takes_one_python_that_the_course_supports():
    """One version, as repo2docker picks its base environment by it."""
    (python,) = [entry for entry in CONDA if entry.startswith("python")]
    version, oldest = re.fullmatch(r"python=3\.(\d+)", python), re.fullmatch(r">=3\.(\d+)", PROJECT["requires-python"])
    assert int(version[1]) >= int(oldest[1])


def test_every_dependency_has_both_bounds_and_a_reason():
    extras = [entry for extra in PROJECT["optional-dependencies"].values() for entry in extra]
    for requirement in PROJECT["dependencies"] + extras:
        if requirement.startswith("rnnlib["):
            continue
        name, bounds = re.fullmatch(r"([a-z0-9-]+)(.*)", requirement).groups()
        assert re.fullmatch(r">=[\d.]+,<\d+", bounds), requirement
        assert re.search(rf"^\|[^|]*\b{name}\b[^|]*\|", CONTRIBUTING, re.M), f"CONTRIBUTING.md does not say what {name} is for"


def test_a_wheel_holds_all_data_and_needs_little():
    """The kernel that runs in the browser installs the same wheel."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    kinds = {path.suffix for path in (ROOT / "rnnlib").rglob("*") if path.is_file()} - {".py", ".pyc"}
    assert {f"**/*{kind}" for kind in kinds} <= set(data["rnnlib"])
    needed = {re.match(r"[a-z-]+", requirement)[0] for requirement in PROJECT["dependencies"]}
    assert needed == {"numpy", "matplotlib", "ipywidgets", "anywidget", "font-source-sans-pro"}


# --- Makefile

TARGETS = re.findall(r"^([a-z-]+):", MAKEFILE, re.M)


def test_every_target_is_phony_and_has_its_line():
    assert set(re.search(r"^\.PHONY: (.*)", MAKEFILE, re.M)[1].split()) == set(TARGETS)
    assert re.findall(r"^([a-z-]+): *## \S", MAKEFILE, re.M) == TARGETS


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_alone_prints_the_targets():
    run = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0
    assert re.findall(r"^  make ([a-z-]+)  +\S", run.stdout, re.M) == TARGETS


def test_scripts_named_in_the_makefile_exist():
    scripts = re.findall(r"\b\w+/[\w/]+\.(?:py|sh)\b", MAKEFILE)
    assert scripts
    assert [script for script in scripts if not (ROOT / script).exists()] == []


# --- README.md and CONTRIBUTING.md

def test_readme_names_the_two_commands():
    assert "make lab" in README and "make test" in README


def test_readme_is_two_screens_long():
    assert README.count("\n") <= 90


@pytest.mark.parametrize("page", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_commands_exist(page):
    commands = "\n".join(re.findall(r"`make [^`]*`|^make .*", page, re.M))
    assert set(re.findall(r"\bmake ([a-z-]+)\b", commands)) <= set(TARGETS)


@pytest.mark.parametrize("page", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_local_links_and_paths_lead_somewhere(page):
    links = [link for link in re.findall(r"\]\(([^)]+)\)", page) if "://" not in link]
    links += re.findall(r"`((?:rnnlib|tests|tools|notebooks|benchmarks|site|\.github)/[^`\s]*)`", page)
    for link in links:
        assert "NN" in link or (ROOT / link.split("#")[0]).exists(), link


def test_the_line_for_a_first_cell_is_the_one_that_is_tested():
    from test_lesson_00 import LINE
    assert len(LINE.findall(re.sub("^ +", "", CONTRIBUTING, flags=re.M))) == 1


def test_the_table_of_lessons_is_the_folder():
    rows = dict(re.findall(r"^\| \[\d\d\]\(notebooks/([^)]+)\) \|.*\| (\d+) \|$", README, re.M))
    assert list(rows) == NOTEBOOKS
    for name, minutes in rows.items():
        opening = (ROOT / "notebooks" / name).read_text(encoding="utf-8")[:5000]
        assert re.search(rf"\b{minutes} min", opening), f"{name} does not say {minutes} minutes, as README.md does"


def test_links_in_readme_are_those_of_the_address():
    import links
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["rnnlib"]
    text = links.links(settings["address"], settings["ref"], (ROOT / "site").is_dir())
    assert links.insert(README, text) == README, "run make links"


# --- nothing that is true of one machine only

def test_no_paths_of_a_machine_and_no_registry():
    folders = ("rnnlib", "tools", "tests", "benchmarks", "site", ".ci", ".github")
    paths = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]     # a file in a git worktree
    paths += [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    # put together here, so that this file does not hold what it looks for
    path = "|".join(f"/{folder}/" for folder in ("home", "root", "Users", "work"))
    host = "|".join(["files.python" + "hosted", "pypi.org/" + "simple", "registry." + "npmjs", "deb." + "debian"])
    pattern = re.compile(rf"(?<![\w.)}}])(?:{path})\w|{host}")
    found = []
    for path in paths:
        if path.suffix in {".py", ".sh", ".toml", ".yml", ".md", ".cff", ""} and path.name != "test_notebooks.py":
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in pattern.finditer(text)]
    assert found == []
