"""One browser and one JupyterLab for all tests here; each notebook is opened and run once."""

import os
import shutil
from pathlib import Path

import pytest
from lab import Notebook, launch, server

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A copy of the course that the tests may spoil."""
    folder = tmp_path_factory.mktemp("course")
    for notebook in NOTEBOOKS:
        shutil.copy(notebook, folder)
    return folder


@pytest.fixture(scope="session")
def address(folder, tmp_path_factory):
    with server(folder, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture(scope="session")
def playwright():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright):
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="module", params=[path.name for path in NOTEBOOKS], ids=lambda name: name.removesuffix(".ipynb"))
def ran(request, browser, address):
    """A notebook after Run All."""
    notebook = Notebook(browser, address, request.param)
    notebook.run_all()
    yield notebook
    notebook.close()


@pytest.fixture(scope="session")
def keep_picture():
    """keep_picture(page, name): a screenshot in the folder that SCREENSHOTS names, for people to look at."""
    folder = os.environ.get("SCREENSHOTS")

    def keep(page, name):
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/{name}.png")

    return keep


def pytest_terminal_summary(terminalreporter):
    """What tests measured, also where they ran in other processes."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")
