"""Makes the pictures of the README: `python -m tools.screenshots [FOLDER]` (docs/ where none is given).

Fills a throw-away data folder with the fictional pool of 2,000, serves it, and takes the pictures with the
machine's Chromium.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from app import create_app
from indexer.changes import catch_up
from indexer.installation import opened
from indexer.sample.load import load_sample
from matcher.settings import Settings, read_settings
from tools.browser import program, running, serving

POSITION = "/positions/lift-truck-operator"
PEOPLE, SEED = 2_000, 1
DESKTOP, PHONE = (1280, 800), (390, 844)


def ranking(page: Page) -> None:
    """The matrix of the people who applied."""
    page.goto(f"{POSITION}?who=applicants")


def proof(page: Page) -> None:
    """The proof behind one cell."""
    page.goto(POSITION)
    page.locator("tbody tr a[data-proof]").first.click()
    page.get_by_role("dialog").wait_for()


def editor(page: Page) -> None:
    """The micro-skills as they were read, with suggestions for another."""
    page.goto(f"{POSITION}/edit")
    page.locator("#add").press_sequentially("forkl")
    page.locator("#add-list li").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.locator("#skills-title").evaluate("title => title.scrollIntoView()")


PICTURES: dict[str, tuple[Callable[[Page], None], tuple[int, int], str]] = {
    "ranking": (ranking, DESKTOP, "light"),
    "ranking-dark": (ranking, DESKTOP, "dark"),
    "proof": (proof, DESKTOP, "light"),
    "editor": (editor, (1280, 1500), "light"),
    "phone": (ranking, PHONE, "light"),
}
"""Name of the file -> what it shows, how large the window is, and the colour scheme."""


def main(folder: Path) -> None:
    """Take all pictures and write them into `folder`."""
    executable = program()
    if executable is None:
        sys.exit("no Chromium is installed")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        settings = read_settings(data_dir=Path(data))
        _fill(settings)
        with serving(create_app(settings)) as address, running(executable) as browser:
            for name in PICTURES:
                _take(browser, address, name, folder / f"{name}.png")
                sys.stderr.write(f"{folder / name}.png\n")


def _fill(settings: Settings) -> None:
    with opened(settings) as parts:
        load_sample(parts, PEOPLE, SEED, _told)
        catch_up(parts.database, parts.engine, parts.settings.organisation)


def _told(done: int, whole: int) -> None:
    if done == whole:
        sys.stderr.write(f"{whole} people\n")


def _take(browser: Browser, address: str, name: str, path: Path) -> None:
    show, (width, height), scheme = PICTURES[name]
    page = browser.new_page(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en-CA",
        reduced_motion="reduce",
    )
    show(page)
    page.screenshot(path=path, animations="disabled", caret="hide")
    page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
