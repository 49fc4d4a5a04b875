"""The lesson as its student meets it: in JupyterLab, in a browser, cell by cell."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "build/screens"
# JupyterLab's own noise that says nothing about the course.
HARMLESS = re.compile(
    r"favicon|ResizeObserver|was preloaded using link preload|manifest|404.*api/(config|settings)"
)

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    """`mmlab start` on a free port; yields the address that it printed."""
    home = tmp_path_factory.mktemp("home")
    environment = {
        **os.environ,
        "BROWSER": "0",
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "mmlab.cli.command_line", "start", "--port", "0"]
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = []
    for line in server.stdout:
        said.append(line)
        found = re.search(r"http://(?:127\.0\.0\.1|localhost):\d+/lab\S*", line)
        if found:
            break
    else:
        raise AssertionError("mmlab start gave no address:\n" + "".join(said))
    yield found[0]
    server.terminate()
    server.wait(20)


def open_lesson(browser, lab: str, path: str):
    """Open one notebook in JupyterLab; return the tab and its list of console errors."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    tab = context.new_page()
    errors = []
    tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    base, token = lab.split("/lab")[0], re.search(r"token=\w+", lab)
    query = f"?{token[0]}&reset" if token else "?reset"
    tab.goto(f"{base}/lab/tree/{path}{query}", wait_until="load")
    tab.wait_for_selector(".jp-Notebook .jp-Cell", timeout=90_000)
    for button in ("button:has-text('Select')", "button:has-text('No')"):
        if tab.locator(f".jp-Dialog {button}").count():
            tab.locator(f".jp-Dialog {button}").first.click()
    return context, tab, errors


def run_until(tab, selector: str, presses: int = 30) -> None:
    """Run cells from the first on, until something that `selector` names is on the page."""
    tab.locator(".jp-Notebook .jp-Cell").first.click()
    for _ in range(presses):
        tab.keyboard.press("Shift+Enter")
        tab.wait_for_timeout(400)
        tab.wait_for_function(
            "!document.querySelector('.jp-InputPrompt') || "
            "![...document.querySelectorAll('.jp-InputPrompt')].some(p => p.textContent.includes('*'))",
            timeout=120_000,
        )
        if tab.locator(selector).count():
            return
    raise AssertionError(f"{presses} cells were run and no {selector} came")


def test_start_opens_the_welcome_notebook(browser, lab):
    assert "lessons/00_setup.ipynb" in lab


@pytest.mark.parametrize("lesson", ["lessons/00_setup.ipynb", "lessons/02_clip.ipynb"])
def test_first_cells_of_a_lesson_run_and_show_a_figure_with_words(browser, lab, lesson):
    context, tab, errors = open_lesson(browser, lab, lesson)
    figure = ".jp-OutputArea-output img[alt]:not([alt=''])"
    run_until(tab, figure)
    picture = tab.locator(figure).first
    picture.scroll_into_view_if_needed()
    assert picture.bounding_box()["width"] > 100
    assert tab.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    SCREENS.mkdir(parents=True, exist_ok=True)
    assert "news" not in " ".join(tab.locator(".Toastify__toast").all_inner_texts()).lower()
    tab.screenshot(path=SCREENS / f"jupyterlab-{Path(lesson).stem}.png")
    context.close()
    real = [error for error in errors if not HARMLESS.search(error)]
    assert not real, real
