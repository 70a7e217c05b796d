"""usage: python tools/links.py

Writes the links that open the course elsewhere into README.md, from the one address in pyproject.toml.
"""
import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parent.parent
START, END = "<!-- links:start -->", "<!-- links:end -->"
LESSON = "notebooks/00_start_here.ipynb"


def links(address, ref, has_site):
    """The lines between the markers, as Markdown."""
    match = re.fullmatch(r"https://github\.com/([\w.-]+)/([\w.-]+)", address)
    if not match:
        raise ValueError(f"address in pyproject.toml is {address!r}; it must look like https://github.com/OWNER/REPOSITORY")
    owner, repository = match.groups()
    binder = f"https://mybinder.org/v2/gh/{owner}/{repository}/{quote(ref, safe='')}?urlpath=lab/tree/{LESSON}"
    pull = urlencode({"repo": address, "branch": ref, "urlpath": f"lab/tree/{repository}/{LESSON}"})
    lines = [
        f"- [Open lesson 00 on Binder]({binder}): nothing to install; it forgets what you wrote when you leave",
        f"- For a JupyterHub, with your hub's address in front: "
        f"[nbgitpuller link](https://hub.example.org/hub/user-redirect/git-pull?{pull})",
    ]
    if has_site:
        lines.append(f"- [Read it, and move the sliders, on the course's site](https://{owner.lower()}.github.io/{repository}/)")
    if owner == "OWNER":
        lines.append("\nOWNER/REPOSITORY stands for the public home of the course, which these links wait for.")
    return "\n".join(lines)


def insert(readme, text):
    if readme.count(START) != 1 or readme.count(END) != 1:
        raise ValueError(f"README.md must hold {START} and {END}, once each")
    before, rest = readme.split(START)
    return f"{before}{START}\n{text}\n{END}{rest.split(END)[1]}"


def main(root=ROOT):
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["rnnlib"]
    path = root / "README.md"
    before = path.read_text(encoding="utf-8")
    try:
        after = insert(before, links(settings["address"], settings["ref"], (root / "site").is_dir()))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if after != before:
        path.write_text(after, encoding="utf-8", newline="\n")
    print("README.md: links " + ("written" if after != before else "already right"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
