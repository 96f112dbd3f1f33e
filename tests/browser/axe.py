"""What axe and the width of a page say of the page as it stands."""

from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
VIOLATIONS = (
    "axe.run(document, {%sresultTypes: ['violations'], preload: false}).then(run => run.violations)"
)
PHONE = 500  # px: narrower than this, the page believes that it is held in a hand


def violations(page: Page) -> list[str]:
    """Return what axe finds, and what its rule of contrast finds in the other colours; [] of nothing."""
    found = _told(page.evaluate(f"{AXE}\n;{VIOLATIONS % ''}"))
    light = page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
    page.emulate_media(color_scheme="dark" if light else "light")
    others = _told(page.evaluate(VIOLATIONS % "runOnly: ['color-contrast'], "))
    page.emulate_media(color_scheme="light" if light else "dark")
    return found + [f"in the other colours: {one}" for one in others]


def sideways(page: Page) -> list[str]:
    """Return where the page scrolls sideways: at its width, if that is wide also at 200 % and 400 %."""
    held = dict(page.viewport_size)
    found = []
    for zoom in (1, 2, 4) if held["width"] > PHONE else (1,):
        width = held["width"] // zoom
        if zoom > 1:
            page.set_viewport_size({"width": width, "height": held["height"]})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"scrolls sideways: {wide} px of {width}")
    if page.viewport_size != held:
        page.set_viewport_size(held)
    return found


def _told(violated: list[dict]) -> list[str]:
    """Return each violation in one line with the first places where it stands."""
    return [
        f"{rule['id']}: {rule['help']} {[node['html'][:160] for node in rule['nodes'][:3]]}"
        for rule in violated
    ]
