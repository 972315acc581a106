"""Whether everybody can use the page: by keyboard, by ear, in every light and width."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.dashboard import WRONG, Dashboard, enter, error_shown, wait_for_title
from support.redaction import Token
from support.webdriver import ENTER, SPACE, TAB, Browser


def test_login_by_keyboard_alone(browser: Browser, dashboard: Dashboard) -> None:
    browser.open(dashboard.url("/jobs/7"))
    # The focus is in the field to begin with.
    browser.press(*dashboard.token.reveal())
    browser.press(TAB, SPACE)
    show, field = browser.find("#show"), browser.find("#token")
    assert (browser.focused, show.attribute("aria-pressed"), field.state("type")) == (show, "true", "text")
    browser.press(SPACE)
    assert (show.attribute("aria-pressed"), field.state("type")) == ("false", "password")
    browser.press(TAB)
    assert browser.focused == browser.find("#submit")
    browser.press(ENTER)
    wait_for_title(browser, "Job 7")


def test_names_and_roles(browser: Browser, dashboard: Dashboard) -> None:
    browser.open(dashboard.url())
    expected = {
        "main": ("main", ""),
        "h1": ("heading", "Log in"),
        "#token": ("textbox", "Token"),
        "#show": ("button", "Show token"),
        "#submit": ("button", "Log in"),
        "#error": ("alert", ""),
    }
    found = {css: browser.find(css) for css in expected}
    assert {css: (element.role, element.label) for css, element in found.items()} == expected
    assert browser.find("html").attribute("lang") == "en"
    assert browser.find("#token").attribute("autocomplete") == "current-password"
    enter(browser, Token("a wrong token"))
    assert error_shown(browser) == WRONG
    (field,) = [node for node in _accessibility(browser) if node["name"] == "Token" and node["role"] == "textbox"]
    assert field["description"].startswith(f"{WRONG} The token is what ray get-auth-token prints")
    assert (field["invalid"], field["required"]) == ("true", True)


def _accessibility(browser: Browser) -> Iterator[dict]:
    """What assistive technology is told."""
    browser.cdp("Accessibility.enable")
    for node in browser.cdp("Accessibility.getFullAXTree")["nodes"]:
        properties = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
        parts = {part: node.get(part, {}).get("value") for part in ("name", "role", "description")}
        yield {**properties, **parts}


# Of each text: how it and what is behind it differ in brightness (WCAG 2.2, 1.4.3), and the same for what has a border.
CONTRAST = """
const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const bright = (color) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    const [r, g, b, alpha] = paint.getImageData(0, 0, 1, 1).data;
    const part = (byte) => byte / 255 <= .04045 ? byte / 255 / 12.92 : ((byte / 255 + .055) / 1.055) ** 2.4;
    return { alpha, value: .2126 * part(r) + .7152 * part(g) + .0722 * part(b) };
};
const behind = (element) => {
    const found = bright(getComputedStyle(element).backgroundColor);
    return found.alpha === 255 ? found.value : behind(element.parentElement);
};
const ratio = (color, element) => {
    const [low, high] = [bright(color).value, behind(element)].sort((a, b) => a - b);
    return (high + .05) / (low + .05);
};
const said = (element) => `${element.localName}#${element.id} ${element.className}`;
const texts = [...document.querySelectorAll("h1, p, label, button, code, input:not([hidden])")];
const borders = [...document.querySelectorAll("#token, #show")];
return [
    ...texts.map((element) => [said(element), 4.5, ratio(getComputedStyle(element).color, element)]),
    ...borders.map((element) => [said(element), 3, ratio(getComputedStyle(element).borderTopColor, element)]),
];
"""


@pytest.mark.parametrize("width", [1000, 360, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_how_it_looks(browser: Browser, dashboard: Dashboard, screenshots: Path, scheme: str, width: int) -> None:
    browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=720, deviceScaleFactor=1, mobile=False)
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(dashboard.url())
    name = f"{scheme}-{width}"
    (screenshots / f"{name}.png").write_bytes(browser.screenshot())
    enter(browser, Token("a wrong token"))
    assert error_shown(browser) == WRONG
    (screenshots / f"{name}-refused.png").write_bytes(browser.screenshot())
    assert [found for found in browser.run(CONTRAST) if found[2] < found[1]] == []
    # Nothing has to be scrolled for sideways.
    assert browser.run("return document.documentElement.scrollWidth") <= width
