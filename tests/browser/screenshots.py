"""Take a picture of every page, for people who look at pages: `make screenshots`.

Starts a demonstration of its own in a folder that goes away, logs in as each persona, and writes
`<persona>-<page>-<language>-<width>.png` under `var/screenshots`. It asserts nothing; it prints
which pages scroll sideways, complain in the console, or are found wanting by axe. `--only soi queue`
takes the pictures whose name contains one of these; `--at` uses a demonstration that runs already.
"""

import os
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import django
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import tour
from tests.browser.axe import sideways, violations
from tests.conftest import find_program

ROOT = Path(__file__).parents[2]
WIDTHS = (1280, 360)


class Camera(tour.Tour):
    """Takes each page in both languages and both widths, and lets axe look at each."""

    def __init__(self, browser: Browser, url: str, folder: Path, only: list[str]) -> None:
        super().__init__(browser, url, only)
        self.folder, self.taken = folder, 0

    def look(self, page: Page, name: str, language: str) -> None:
        """Take the page as it stands in each width."""
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800 if width > 500 else 740})
            file = self.folder / f"{name}-{language}-{width}.png"
            page.screenshot(path=file, full_page=True, animations="disabled")
            self.faults += [f"{file.name} {one}" for one in violations(page) + sideways(page)]
            self.taken += 1


def papers(camera: Camera) -> None:
    """Take what the printer gets, and the PDF of a commitment as it is stored."""
    refs = [
        ref for ref in ("2024-bx-huong-son", "2024-bx-thien-ke") if camera.wants(f"paper-{ref}")
    ]
    if not refs:
        return
    page = camera.log_in("que")
    for ref in refs:
        for language in camera.languages:
            page.goto(f"/commitments/{ref}/")
            camera.speak(page, language)
            page.pdf(path=camera.folder / f"paper-{ref}-{language}.pdf", format="A4")
        answer = page.context.request.get(f"/commitments/{ref}/pdf/")
        (camera.folder / f"paper-{ref}-document.pdf").write_bytes(answer.body())
    page.context.close()


@contextmanager
def demonstration() -> Iterator[str]:
    """Run a demonstration in a folder that goes away; yield its address."""
    from tests.running import SERVE, free_port, running  # reads the settings

    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        port = free_port()
        with running(SERVE, folder=Path(folder, "data"), port=port, DEMO="1"):
            yield f"http://localhost:{port}"


def main() -> None:
    """Take what is asked for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")
    django.setup()
    asked = ArgumentParser(description=__doc__)
    asked.add_argument("--only", nargs="+", default=[""], help="pictures whose name contains this")
    asked.add_argument("--at", default="", help="the address of a running demonstration")
    asked.add_argument("--out", type=Path, default=ROOT / "var" / "screenshots")
    options = asked.parse_args()
    program = find_program("chromium")
    if program is None:
        sys.exit("Chromium is not installed: the pictures are taken with it.")
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        nullcontext(options.at) if options.at else demonstration() as url,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        camera = Camera(browser, url, options.out, options.only)
        papers(camera)  # before the last acts of the tour change what is printed
        tour.go(camera)
        browser.close()
    sys.stdout.write(f"{camera.taken} pictures in {options.out}\n")
    sys.stdout.write("".join(f"{fault}\n" for fault in dict.fromkeys(camera.faults)))


if __name__ == "__main__":
    main()
