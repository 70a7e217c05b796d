"""usage: python tools/release.py

Says what is missing for a release, and changes nothing: one version everywhere, a section of the changelog, the citation, an
address, a clean checkout, a tag that is still free. Where nothing is missing it prints the commands that are left.
"""
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def field(text, name):
    """A field of CITATION.cff, which is flat where it matters; "" where it is missing."""
    found = re.search(rf'^{name}: "?([^"\n]*)"?$', text, re.M)
    return found[1] if found else ""


def faults(root, git):
    """What is missing, in sentences. `git` is a function (arguments...) -> output."""
    def read(name):
        return (root / name).read_text(encoding="utf-8")

    version = re.search(r'^__version__ = "([^"]+)"', read("rnnlib/__init__.py"), re.M)[1]
    settings = tomllib.loads(read("pyproject.toml"))["tool"]["rnnlib"]
    changes, citation = read("CHANGELOG.md"), read("CITATION.cff")
    section = re.search(rf"^## \[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)\n(.*?)(?=^## |\Z)", changes, re.M | re.S)
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        yield f"rnnlib's version is {version}; a release has three numbers"
    if not section or "- " not in section[2]:
        yield f"CHANGELOG.md has no section '## [{version}] - YEAR-MONTH-DAY' that says what changed"
    unreleased = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", changes, re.M | re.S)
    if unreleased and unreleased[1].strip():
        yield "CHANGELOG.md still holds changes under [Unreleased]"
    if field(citation, "version") != version:
        yield f"CITATION.cff names version {field(citation, 'version') or 'none'}; rnnlib is {version}"
    if not section or field(citation, "date-released") != section[1]:
        yield f"CITATION.cff has date-released {field(citation, 'date-released') or 'missing'}; it must be the changelog's date"
    if "/OWNER/" in settings["address"]:
        yield "the address in pyproject.toml is still OWNER/REPOSITORY: write the public one, then make links"
    if field(citation, "repository-code") != settings["address"]:
        yield "repository-code in CITATION.cff is not the address in pyproject.toml"
    if settings["ref"] != f"v{version}":
        yield f"ref in pyproject.toml is {settings['ref']!r}; links of a release open its tag, 'v{version}' (then make links)"
    if git("status", "--porcelain"):
        yield "the checkout is not clean: commit first"
    if git("tag", "--list", f"v{version}"):
        yield f"the tag v{version} is taken: raise __version__ in rnnlib/__init__.py"


def main(root=ROOT):
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout.strip()

    missing = list(faults(root, git))
    if missing:
        print("Not yet:\n" + "\n".join(f"- {line}" for line in missing), file=sys.stderr)
        return 1
    tag = "v" + re.search(r'^__version__ = "([^"]+)"', (root / "rnnlib/__init__.py").read_text(encoding="utf-8"), re.M)[1]
    print(f"All is in place. Once .ci/run is green:\n  git tag -a {tag} -m {tag}\n  git push origin {tag}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
