"""Build the published site: stage the pages, copy the assets, and build with warnings as errors.

Lessons come from the copies that the tests executed (`build/executed/`), and labs from
`labs/` as students get them, so the site contains no solution. Every page starts with
links to Colab and to the file. `make book` runs this module.
"""

import argparse
import base64
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import yaml
from nbformat import NotebookNode

from mmlab.cli import notebook as notebooks
from mmlab.cli import paths
from mmlab.cli.project import repository
from mmlab.cli.run import run
from mmlab.errors import NotebookError
from mmlab.instructor.site import reference

STAGE, SITE = Path("build/book"), Path("build/site")
MODULES = Path("book/node_modules")
# The files of npm packages that the site serves: (source, target below vendor/).
ASSETS = (
    ("mathjax/es5/tex-mml-chtml.js", "mathjax/tex-mml-chtml.js"),
    ("mathjax/es5/output/chtml/fonts/woff-v2", "mathjax/output/chtml/fonts/woff-v2"),
    ("mathjax/es5/a11y", "mathjax/a11y"),
    ("mathjax/es5/sre", "mathjax/sre"),
    ("mathjax/LICENSE", "mathjax/LICENSE"),
    ("requirejs/require.js", "requirejs/require.js"),
    ("@jupyter-widgets/html-manager/dist/embed-amd.js", "html-manager/embed-amd.js"),
    ("@jupyter-widgets/html-manager/dist/embed.js.LICENSE.txt", "html-manager/LICENSE.txt"),
)
LINKS = """\
```{{div}} page-links
[Open in Colab](https://colab.research.google.com/github/{slug}/blob/main/{path})
· {{download}}`Download {what} </_downloads_source/{file}>`
```"""


def vendor(folder: Path) -> None:
    """Copy the npm assets to `folder`/vendor and fix the font addresses of the widget script.

    html-manager contains FontAwesome's styles with font addresses relative to the *page*,
    where there are no fonts, so the fonts are embedded in the script.
    """
    for source, target in ASSETS:
        origin, goal = MODULES / source, folder / "vendor" / target
        goal.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, goal, dirs_exist_ok=True)
        else:
            shutil.copyfile(origin, goal)
    script = folder / "vendor/html-manager/embed-amd.js"
    script.write_text(inline_fonts(script.read_text()))


def inline_fonts(script: str) -> str:
    """Return the widget script with its page-relative woff2 addresses replaced by data URLs."""
    font_folders = {
        r"(url\()\.\./webfonts/([\w-]+\.woff2)\)": "@fortawesome/fontawesome-free/webfonts",
        r"()[\w$]+\.p\s?\+\s?\"([0-9a-f]{20}\.woff2)\"": "@jupyter-widgets/html-manager/dist",
    }
    for pattern, folder in font_folders.items():

        def inlined(match: re.Match, folder: str = folder) -> str:
            data = base64.b64encode((MODULES / folder / match[2]).read_bytes()).decode()
            address = f"data:font/woff2;base64,{data}"
            return f"url({address})" if match[1] else f'"{address}"'

        script, count = re.subn(pattern, inlined, script)
        if not count:
            raise NotebookError(
                f"no font address like {pattern} in the widget script",
                "the html-manager of book/package-lock.json",
                "see how the new version names its fonts, and fix mmlab/instructor/site/build.py",
            )
    return script


def stage(root: Path = Path(".")) -> Path:
    """Write every page of the site to build/book and return that folder.

    raises  NotebookError  when a lesson has no executed copy, or an outdated copy
    """
    book = root / STAGE
    shutil.rmtree(book, ignore_errors=True)
    shutil.copytree(root / "book", book, ignore=shutil.ignore_patterns("node_modules", "package*", "_build"))
    vendor(book / "_extra")
    config = yaml.safe_load((book / "_config.yml").read_text())
    config["sphinx"]["config"]["html_theme_options"]["repository_url"] = repository()
    (book / "_config.yml").write_text(yaml.safe_dump(config, sort_keys=False))
    (book / "_extra/.nojekyll").write_text("")
    (book / "reference.md").write_text(reference.page())
    for lesson in paths.lessons(root):
        stage_lesson(lesson, root, book)
    for lab in paths.released(root):
        stage_lab(lab, root, book)
    return book


def stage_lesson(lesson: Path, root: Path, book: Path) -> None:
    """Stage one lesson with its outputs and links."""
    notebook = with_outputs(lesson, root)
    target = book / "_downloads_source" / lesson.name
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(lesson, target)
    write_page(notebook, lesson.relative_to(root), book, target.name, "the notebook")


def with_outputs(lesson: Path, root: Path) -> NotebookNode:
    """Return the present lesson with the outputs of its executed copy.

    raises  NotebookError  when there is no executed copy, when its execution failed,
                           or when the lesson's code has changed since then
    """
    copy, path = paths.executed(lesson, root), lesson.relative_to(root)
    act = "run `make book`, which executes the lesson, or `make notebooks`"
    if not copy.exists():
        raise NotebookError(f"no executed copy of {path}", f"one at {copy}", act)
    notebook, ran = notebooks.node(lesson), notebooks.node(copy)
    if faults := ran.metadata.get("mmlab", {}).get("executed", {}).get("faults"):
        raise NotebookError(
            f"the executed copy of {path} failed: {faults[0]}", "an execution without errors", act
        )
    present, executed = (
        [cell for cell in version.cells if cell.cell_type == "code"] for version in (notebook, ran)
    )
    if [cell.source for cell in present] != [cell.source for cell in executed]:
        raise NotebookError(
            f"the executed copy of {path} is older than the lesson", "the same code cells in both", act
        )
    for cell, done in zip(present, executed, strict=True):
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
    notebook.metadata = ran.metadata  # contains the widgets' state
    return notebook


def execute_missing(root: Path) -> None:
    """Execute every lesson without a usable executed copy; each takes up to a minute."""
    for lesson in paths.lessons(root):
        try:
            with_outputs(lesson, root)
        except NotebookError as error:
            print(f"{error.given}: executing the lesson", flush=True)
            run(lesson)


def stage_lab(lab: Path, root: Path, book: Path) -> None:
    """Stage one released lab, with a zip of the lab and its cases to download."""
    path = lab.relative_to(root)
    target = book / "_downloads_source" / f"{lab.parent.name}.zip"
    target.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("lab.ipynb", "cases.npz"):
            info = zipfile.ZipInfo(f"{lab.parent.name}/{name}")  # a fixed date, for reproducible bytes
            archive.writestr(info, (lab.parent / name).read_bytes())
    write_page(notebooks.node(lab), path, book, target.name, "the lab and its cases")


def write_page(notebook, path: Path, book: Path, file: str, what: str) -> None:
    """Write a notebook as a page of `book`, with its links below the title."""
    slug = repository().removeprefix("https://github.com/")
    links = LINKS.format(slug=slug, path=path, file=file, what=what)
    title = notebook.cells[0].source.splitlines()
    notebook.cells[0].source = "\n".join([title[0], "", links, "", *title[1:]])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    target = book / path
    target.parent.mkdir(parents=True, exist_ok=True)
    notebooks.write(target, notebook)


def build(book: Path, site: Path) -> int:
    """Build the site with warnings as errors; return the builder's exit status."""
    program = Path(sys.executable).parent / "jupyter-book"
    flags = ["--all", "--warningiserror", "--keep-going"]
    status = subprocess.run([program, "build", book, *flags]).returncode
    if status == 0:
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(book / "_build/html", site)
    return status


def main(argv: list[str] | None = None) -> int:
    """Stage and build; return 0 if the site was built in build/site."""
    parser = argparse.ArgumentParser(prog="python -m mmlab.instructor.site.build", description=__doc__)
    parser.add_argument("--stage-only", action="store_true", help="write the pages without building the site")
    parser.add_argument(
        "--execute", action="store_true", help="first execute lessons without a usable executed copy"
    )
    args = parser.parse_args(argv)
    if args.execute:
        execute_missing(Path.cwd())
    book = stage(Path.cwd())
    if args.stage_only:
        return 0
    status = build(book, SITE)
    print("the site is in build/site" if status == 0 else "the site was not built")
    return status


if __name__ == "__main__":
    sys.exit(main())
