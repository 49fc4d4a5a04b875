"""The built site: nothing leaks, nothing is fetched from elsewhere, everyone can read it."""

import ast
import os
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

from answers import solution_lines

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build/site"
AXE = ROOT / "book/node_modules/axe-core/axe.min.js"
PAGES = [str(page.relative_to(SITE)) for page in sorted(SITE.rglob("*.html")) if "_static" not in page.parts]
WIDTHS = (1280, 390)

pytestmark = pytest.mark.site


class Links(HTMLParser):
    """Collect the addresses, names and pictures of a page."""

    def __init__(self, page: Path):
        super().__init__()
        self.links, self.names, self.pictures = [], set(), []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attributes: list) -> None:
        """Note what one element points at, is called, or shows."""
        found = dict(attributes)
        self.names |= {found[key] for key in ("id", "name") if found.get(key)}
        if tag in ("a", "link") and found.get("href"):
            self.links.append(found["href"])
        if tag in ("script", "img", "iframe", "source") and found.get("src"):
            self.links.append(found["src"])
        if tag == "img":
            self.pictures.append(found)


def test_every_lesson_and_lab_has_its_page(site):
    sources = [*ROOT.glob("lessons/*.ipynb"), *ROOT.glob("labs/*/lab.ipynb")]
    wanted = {str(path.relative_to(ROOT).with_suffix(".html")) for path in sources}
    assert len(wanted) >= 5
    assert wanted | {"index.html", "instructors.html", "reference.html"} <= set(PAGES)


def test_every_internal_link_leads_somewhere(site):
    parsed = {page: Links(site / page) for page in PAGES}
    broken = []
    for page, found in parsed.items():
        for link in found.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith(("data:", "mailto:")):
                continue
            target = (site / page).parent / unquote(parts.path) if parts.path else site / page
            target = Path(os.path.normpath(target))
            name = str(target.relative_to(site)) if target.is_relative_to(site) else None
            if not target.exists():
                broken.append((page, link))
            elif parts.fragment and name in parsed and unquote(parts.fragment) not in parsed[name].names:
                broken.append((page, link))
    assert not broken


def test_no_page_names_a_foreign_script_style_or_picture(site):
    pattern = re.compile(
        r'<(?:script|img|iframe|source)[^>]+src="(?:https?:)?//|<link[^>]+rel="stylesheet"[^>]+href="(?:https?:)?//'
    )
    assert not [page for page in PAGES if pattern.search((site / page).read_text())]


def leaks(folder: Path) -> list[tuple[str, str]]:
    """Return (file, what) for every trace of a solution in the built tree, archives included."""
    solutions, found = solution_lines(), []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and "vendor" not in p.parts):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                texts = {name: archive.read(name).decode("utf8", "ignore") for name in archive.namelist()}
        else:
            texts = {"": path.read_text("utf8", "ignore")}
        for name, text in texts.items():
            if "BEGIN SOLUTION" in text and path.name != "instructors.html":
                found.append((f"{path.name} {name}", "the marker"))
            flat = re.sub(r"<[^>]+>|\\\"|&quot;", "", text)
            for cell, lines in solutions.items():
                found += [(f"{path.name} {name}", cell) for line in lines if line in flat or line in text]
    return found


def test_no_solution_is_anywhere_in_the_built_tree(site):
    assert solution_lines(), "no solutions found to look for"
    assert not leaks(site)


def test_a_planted_solution_is_found(tmp_path):
    lines = next(iter(solution_lines().values()))
    (tmp_path / "searchindex.js").write_text("x = '" + lines[0] + "'")
    assert leaks(tmp_path)


def test_every_picture_has_words(site):
    wordless = [
        (page, picture.get("src", "")[:80])
        for page in PAGES
        for picture in Links(site / page).pictures
        if not picture.get("alt", "").strip() or "_images/" in picture.get("alt", "")
    ]
    assert not wordless


def test_lessons_and_labs_link_to_colab_and_to_their_file(site):
    pages = [page for page in PAGES if page.startswith(("lessons/", "labs/"))]
    assert pages
    for page in pages:
        links = Links(site / page).links
        assert any(link.startswith("https://colab.research.google.com/github/") for link in links), page
        assert any("_downloads/" in link for link in links), page


def test_code_of_lessons_on_the_site_compiles():
    """What a reader copies is the notebook's own code, complete."""
    for page in sorted(ROOT.glob("build/book/lessons/*.ipynb")):
        for cell in nbformat.read(page, 4).cells:
            if cell.cell_type == "code" and not cell.source.lstrip().startswith(("%", "!")):
                ast.parse(cell.source)


# axe's rules whose verdict depends on colours; the others depend on what is on the page and visible
OF_COLOURS = "{type: 'rule', values: ['color-contrast', 'link-in-text-block']}"
VISIBLE = "[...document.querySelectorAll('*')].map(part => +part.checkVisibility()).join('')"
SWITCH = "theme => Object.assign(document.documentElement.dataset, {mode: theme, theme: theme})"
OTHER = {"light": "dark", "dark": "light"}


def visit(browser, address: str, page: str, width: int, theme: str) -> tuple[list, list, list]:
    """Open one page in one theme, then switch to the other; return console errors, foreign requests and axe's findings."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    context.add_init_script(
        f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
    )
    tab = context.new_page()
    errors, foreign = [], []
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("response", lambda r: errors.append(f"{r.status} {r.url}") if r.status >= 400 else None)

    def gate(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            return route.continue_()
        foreign.append(route.request.url)
        return route.abort()

    context.route("**/*", gate)
    tab.goto(f"{address}/{page}", wait_until="load")
    tab.wait_for_timeout(700)
    tab.add_script_tag(path=str(AXE))
    findings = looked_at_in_both(tab, theme)
    context.close()
    return errors, foreign, findings


def looked_at_in_both(tab, theme: str) -> list[tuple]:
    """Return axe's findings on a page in its theme and in the other one.

    After the switch, axe tries its rules about colours only, or all of them if other parts of the page are visible.
    """
    findings, visible = looked_at(tab, theme), tab.evaluate(VISIBLE)
    tab.emulate_media(color_scheme=OTHER[theme])
    tab.evaluate(SWITCH, OTHER[theme])
    tab.wait_for_timeout(300)  # colours may fade
    only = OF_COLOURS if tab.evaluate(VISIBLE) == visible else "null"
    return findings + looked_at(tab, OTHER[theme], only)


def looked_at(tab, theme: str, only: str = "null") -> list[tuple]:
    """Return axe's findings on a page as it is, and whether it scrolls sideways.

    only  the rules to try, as axe's `runOnly`; "null": all
    """
    rules = f"Object.assign({{resultTypes: ['violations']}}, {only} && {{runOnly: {only}}})"
    found = tab.evaluate(f"axe.run(document, {rules})")
    findings = [(v["id"], theme, v["nodes"][0]["html"][:160], len(v["nodes"])) for v in found["violations"]]
    wide = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return findings + [("scrolls sideways", theme, f"{wide} px", 1)] * (wide > 1)


# Each page is loaded at each width and in each theme, and axe looks at it in all four combinations.
@pytest.mark.parametrize(("width", "theme"), [*zip(WIDTHS, OTHER, strict=True)])
@pytest.mark.parametrize("page", PAGES)
def test_page_is_quiet_self_contained_and_accessible(browser, address, page, width, theme):
    errors, foreign, findings = visit(browser, address, page, width, theme)
    assert not foreign, foreign
    assert not errors, errors
    assert not findings, findings


@pytest.mark.parametrize("theme", OTHER)
def test_what_only_one_theme_shows_wrong_is_found_after_the_switch(browser, address, tmp_path, theme):
    """A grey that is hard to read in the other theme, and a picture without words that only the other one shows."""
    shows = f"[data-theme={OTHER[theme]}]"
    for style, part, rule in (
        (f"{shows} p {{color: #888; background: #999}}", "<p>words</p>", "color-contrast"),
        (f"img {{display: none}} {shows} img {{display: inline}}", "<img src=data:,>", "image-alt"),
    ):
        context = browser.new_context(color_scheme=theme)
        tab = context.new_page()
        tab.set_content(
            f"<html lang=en data-theme={theme}><title>t</title><style>{style}</style>"
            f"<main><h1>t</h1>{part}</main></html>"
        )
        tab.add_script_tag(path=str(AXE))
        findings = looked_at_in_both(tab, theme)
        assert [found[:2] for found in findings] == [(rule, OTHER[theme])], findings
        context.close()


def test_axe_does_find_a_planted_fault(browser, address):
    context = browser.new_context()
    tab = context.new_page()
    tab.set_content("<html lang=en><title>t</title><main><h1>t</h1><img src=data:,></main></html>")
    tab.add_script_tag(path=str(AXE))
    found = tab.evaluate("axe.run(document)")
    assert "image-alt" in [violation["id"] for violation in found["violations"]]
    context.close()
