"""What Sphinx's pages get and lose before they are published; tools/build_site.py calls it."""
import base64
import hashlib
import html
import io
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

# Everything a page of the book needs is the site's own, and no script stands in a page: this policy holds on every server.
# Styles stand in pages, for MathJax writes them. The live copy cannot have it: Python is compiled in the browser there.
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
          "font-src 'self' data:; connect-src 'self'; media-src 'self' data: blob:; form-action 'self'; base-uri 'self'")
LIVE_POLICY = ("default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob: {cdn}; "
               "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
               "connect-src 'self' data: blob: {cdn}; media-src 'self' data: blob:")
ROOT = Path(__file__).resolve().parent.parent
SEARCH = ("searchtools.js", "language_data.js", "searchindex.js", "base-stemmer.js", "english-stemmer.js")


def site_address(repository):
    """Where GitHub publishes a repository's pages; None while the repository has no public home."""
    owner, name = repository.rsplit("/", 2)[-2:]
    return None if owner == "OWNER" else f"https://{owner.lower()}.github.io/{name}/"


def finish(site, descriptions, repository, _ref):
    address = site_address(repository)
    (site / "cards").mkdir()
    for path in sorted([*site.glob("*.html"), *(site / "notebooks").glob("*.html")]):
        name = path.relative_to(site).as_posix()
        text = path.read_text(encoding="utf-8")
        card = write_card(text, site / "cards" / f"{path.stem}.png", site) if name in descriptions else None
        text = page(text, name, descriptions.get(name), card and address and f"{address}cards/{card}", address)
        path.write_text(late_images(text, path.parent), encoding="utf-8")
    (site / ".nojekyll").touch()        # GitHub leaves out folders that begin with _ without it
    (site / "404.html").write_text(missing(address, descriptions), encoding="utf-8")
    (site / "_headers").write_text(headers(), encoding="utf-8")
    for superfluous in ("scripts/fontawesome.js", "scripts/fontawesome.js.map", "scripts/fontawesome.js.LICENSE.txt"):
        (site / "_static" / superfluous).unlink(missing_ok=True)
    shutil.rmtree(site / "_static" / "vendor", ignore_errors=True)
    for other in (*(site / "_static" / "mathjax").glob("*.js"), *(site / "_static").rglob("*.map")):
        if other.name != "tex-chtml.js":
            other.unlink()
    one_sheet(site)
    if address:
        (site / "sitemap.xml").write_text(sitemap(address, descriptions), encoding="utf-8")
        (site / "robots.txt").write_text(f"User-agent: *\nSitemap: {address}sitemap.xml\n", encoding="utf-8")


def page(text, name, description=None, card=None, address=None):
    """One page: no script in it, none that it does not need first, and what others should know of it."""
    root = "../" * name.count("/")
    text = re.sub(r"<script(?![^>]*\bsrc=)[^>]*>.*?</script>\s*", "", text, flags=re.S)
    gone = ["fontawesome", "mathjax/", *([] if name == "search.html" else SEARCH[:3])]
    for file in gone:
        text = re.sub(rf'<(?:script|link)[^>]*\b(?:src|href)="[^"]*{re.escape(file)}[^"]*"[^>]*>(?:</script>)?\s*', "", text)
    text = re.sub(r'<link rel="preload" as="script"[^>]*>\s*', "", text)
    # run in their order
    deferred = "documentation_options|doctools|sphinx_highlight|sphinx-book-theme|searchtools|language_data|searchindex"
    text = re.sub(rf'(<script) (src="[^"]*(?:{deferred})\.js)', r"\1 defer \2", text)
    # one icon font less: site.css draws the few that are used
    text = re.sub(r'(<(?:i|span)\b[^>]*class="[^"]*)\bfa-(?:solid|regular|brands)\b([^>]*)>', r'\1icon\2 aria-hidden="true">',
                  text)
    text = re.sub(r"<pre>.*?</pre>", lambda found: plain_code(found[0]), text, flags=re.S)
    title = html.unescape(re.search(r"<title>(.*?)</title>", text, re.S)[1]).split(" \N{EM DASH} ")[0].strip()
    head = [f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            f'<script src="{root}_static/theme_start.js"></script>']
    if description:
        said = html.escape(description)
        head += [f'<meta name="description" content="{said}">', '<meta property="og:type" content="website">',
                 f'<meta property="og:title" content="{html.escape(title)}">',
                 f'<meta property="og:description" content="{said}">', '<meta name="twitter:card" content="summary_large_image">']
    if card:
        head.append(f'<meta property="og:image" content="{card}">')
    if address and description:
        place = address + ("" if name == "index.html" else name)
        head += [f'<link rel="canonical" href="{place}">', f'<meta property="og:url" content="{place}">']
    return re.sub(r'<meta charset="utf-8" ?/?>', lambda found: "\n".join([found[0], *head]), text, count=1)


def plain_code(text):
    """Highlighted code without a mark on every name, operator and bracket: they look as the rest, and were a third of a page."""
    text = re.sub(r'<span class="(?:n|nn|o|p|w)">([^<]*)</span>', r"\1", text.replace("<span></span>", ""))
    before = None
    while text != before:
        before, text = text, re.sub(r'(<span class="(\w+)">[^<]*)</span><span class="\2">', r"\1", text)
    return text


def late_images(text, folder):
    """Pictures come when the reader gets near them; their place is kept from the beginning.

    Those in files, and the first ones of all slider figures but the page's first, which are given files.
    """
    from PIL import Image

    def late(found):
        with Image.open(folder / found[2]) as picture:
            return f'{found[1]} width="{picture.width}" height="{picture.height}" loading="lazy"'

    def filed(found):
        content = base64.b64decode(found[2])
        name = f"pictures/{hashlib.sha256(content).hexdigest()[:16]}.webp"
        root = folder.parent if folder.name == "notebooks" else folder
        (root / name).write_bytes(content)
        return f'{found[1]}src="{"../" * (root != folder)}{name}" loading="lazy"'

    text = re.sub(r'(<img [^>]*src="([^"]*_images/[^"]+\.png)")', late, text)
    begin, first, rest = text.partition('<figure class="live-figure"')
    first, figure, rest = (first + rest).partition("</figure>")
    rest = re.sub(r'(<figure class="live-figure"[^>]*><img )src="data:image/webp;base64,([^"]+)"', filed, rest)
    return begin + first + figure + rest


def one_sheet(site):
    """All style sheets of the pages as one without what no page needs: a page waits for each of them before it is seen."""
    pages = {path: path.read_text(encoding="utf-8") for path in [*site.glob("*.html"), *(site / "notebooks").glob("*.html")]}
    link = re.compile(r'\s*<link[^>]*\bhref="[^"]*_static/([^"?]*\.css)[^"]*"[^>]*>')
    names = max((link.findall(text) for text in pages.values()), key=len)

    def content(sheet):
        text = sheet.read_text(encoding="utf-8")
        return re.sub(r'@import "([^"]+)";|@charset "[^"]+";',
                      lambda found: content(sheet.parent / found[1]) if found[1] else "", text)

    sheet = without_idle_variables(trimmed("".join(content(site / "_static" / name) for name in names), words(site)))
    for path in (site / "_static").rglob("*.css"):
        path.unlink()
    (site / "_static" / "course.css").write_text(sheet, encoding="utf-8")
    version = hashlib.sha256(sheet.encode()).hexdigest()[:8]
    for path, text in pages.items():
        root, first = "../" * (len(path.relative_to(site).parts) - 1), link.search(text)
        if first:
            one = f'\n<link rel="stylesheet" href="{root}_static/course.css?v={version}">'
            path.write_text(text[:first.start()] + one + link.sub("", text[first.end():]), encoding="utf-8")


def without_idle_variables(sheet):
    """A style sheet without the variables that it declares and nowhere uses."""
    declared = re.compile(r"(?<=[{;\s])(--[\w-]+)\s*:[^;{}]*(?:;|(?=\}))")
    before = None
    while sheet != before:      # one may have been used by another one alone
        before, used = sheet, set(re.findall(r"var\(\s*(--[\w-]+)", sheet))
        sheet = declared.sub(lambda found, used=used: found[0] if found[1] in used else "", sheet)
    return sheet


def words(site):
    """All words of the pages and scripts: a class that is not among them is on no page."""
    files = (path for kind in ("*.html", "notebooks/*.html", "_static/**/*.js") for path in site.glob(kind))
    texts = (path.read_text(encoding="utf-8") for path in files if not {"mathjax", "locales"} & set(path.parts))
    return {word for text in texts for word in re.findall(r"[\w-]+", text)}


def classes(selector):
    """The classes that an element must have, or those around it."""
    plain = re.sub(r':(?:not|is|where|has)\([^)]*\)|"[^"]*"', "", selector)
    return set(re.findall(r"\.(-?[A-Za-z_][\w-]*)", plain))


def trimmed(sheet, used):
    """A style sheet without rules for classes that are on no page; most of the theme's are."""
    import tinycss2

    def kept(rules):
        for rule in rules:
            if rule.type == "at-rule" and rule.lower_at_keyword == "font-face":
                continue        # of the icon font alone
            if rule.type == "at-rule" and rule.lower_at_keyword in {"media", "supports", "layer"} and rule.content is not None:
                inner = list(kept(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)))
                if inner:
                    yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{''.join(inner)}}}"
            elif rule.type == "qualified-rule":
                parts = re.split(r",(?![^()]*\))", tinycss2.serialize(rule.prelude))
                selectors = [part for part in parts if classes(part) <= used]
                if selectors:
                    yield f"{','.join(selectors)}{{{tinycss2.serialize(rule.content)}}}"
            else:
                yield tinycss2.serialize([rule])

    return "".join(kept(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)))


def write_card(text, path, site):
    """The first figure of a page as a card for those who share it: 1200 x 630, on white. The name of its file, or None."""
    from PIL import Image

    found = re.search(r'<figure class="live-figure"[^>]*>(?:<picture><source[^>]*>)?'
                      r'<img src="data:image/webp;base64,([^"]+)"', text)
    if found:
        picture = Image.open(io.BytesIO(base64.b64decode(found[1])))
    else:
        found = re.search(r'src="(?:\.\./)*(_images/[^"]+\.png)"', text)
        if not found:
            return None
        picture = Image.open(site / found[1])
    picture = picture.convert("RGB")
    scale = min(1140 / picture.width, 570 / picture.height)
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    card = Image.new("RGB", (1200, 630), "white")
    card.paste(picture, ((1200 - picture.width) // 2, (630 - picture.height) // 2))
    card.quantize(64).save(path)
    return path.name


def missing(address, descriptions):
    """The page for an address that leads nowhere; servers show it at any depth, so its links start from the site's root."""
    base = urlsplit(address).path if address else "/"
    lessons = "".join(f'<li><a href="{name}">{Path(name).stem.replace("_", " ")}</a></li>' for name in descriptions
                      if name.startswith("notebooks/"))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>Not found</title><link rel="icon" href="data:,"><base href="{base}">
<style>body {{ max-width: 40rem; margin: 2rem auto; padding: 0 1rem; font: 1.1rem/1.6 system-ui, sans-serif;
color-scheme: light dark; }} input, button {{ font: inherit; padding: .3rem .6rem; }}</style></head>
<body><main><h1>There is no page here</h1>
<p>It may have moved. <a href="index.html">The first page of the course</a>, or search it:</p>
<form action="search.html"><label>Search the course <input type="search" name="q"></label> <button>Search</button></form>
<h2>Lessons</h2><ul>{lessons}</ul></main></body></html>
"""


def sitemap(address, names):
    places = "".join(f"<url><loc>{address}{'' if name == 'index.html' else name}</loc></url>" for name in names)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>\n'


def headers():
    """The policies as a file that some hosts read (Netlify, Cloudflare Pages); for others, what to configure."""
    import json

    cdn = json.loads((ROOT / "site" / "pyodide.json").read_text(encoding="utf-8"))["cdn"]
    host = "https://" + urlsplit(cdn).netloc
    return (f"/*\n  X-Content-Type-Options: nosniff\n/*.html\n  Content-Security-Policy: {POLICY}; frame-ancestors 'self'\n"
            f"/notebooks/*\n  Content-Security-Policy: {POLICY}; frame-ancestors 'self'\n"
            f"/lite/*\n  ! Content-Security-Policy\n  Content-Security-Policy: {LIVE_POLICY.format(cdn=host)}\n")
