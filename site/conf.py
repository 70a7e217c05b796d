"""The static site as Sphinx builds it; tools/build_site.py puts its pages together and says how."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["rnnlib"]

project = html_title = "Recurrent neural networks, live"
author = "The RNN course authors"
copyright = "The RNN course authors; lessons CC BY 4.0, code MIT"
language = "en"

# sphinx-mathjax-offline brings MathJax along: nothing on a page comes from another server. page_parts.js loads it.
extensions = ["myst_nb", "sphinx-mathjax-offline"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"       # the notebooks come here executed

html_theme = "sphinx_book_theme"
html_context = {"default_mode": "auto"}
html_favicon = "_static/icon.svg"
# page.js: rnnlib brings it along, for it serves notebooks too
html_static_path = ["_static", "../rnnlib/course/page.js"]
html_css_files = ["site.css", "live_figures.css"]
html_js_files = [(name, {"type": "module"}) for name in ("live_figures.js", "predictions.js", "page_parts.js")]
html_copy_source = html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "home_page_in_toc": True,
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "search_bar_text": "Search the course",
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
# Buttons that lead to the repository and to Binder, once the course has a public home.
if "OWNER" not in settings["address"]:
    html_theme_options |= {
        "repository_url": settings["address"],
        "repository_branch": settings["ref"],
        "use_repository_button": True,
        "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"},
    }
