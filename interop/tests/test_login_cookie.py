"""What a browser keeps of a login, and what it does not."""

from __future__ import annotations

import json
import time
from pathlib import Path

import requests

from support import chromium
from support.chromium import DASHBOARD
from support.dashboard import (
    ADD,
    COOKIE,
    COUNT,
    DAYS,
    LOGIN,
    SOCKET,
    WRONG,
    Dashboard,
    Place,
    ask,
    cookie,
    enter,
    error_shown,
    log_in,
    socket,
    status_of_page,
    wait_for_title,
)
from support.process import wait_for
from support.redaction import Token
from support.webdriver import Browser, Remote


def test_the_cookie(browser: Browser, dashboard: Dashboard) -> None:
    log_in(browser, dashboard)
    found = cookie(browser)
    assert found is not None
    value, expiry = found.pop("value"), found.pop("expiry")
    assert found == {
        "name": COOKIE,
        "domain": "127.0.0.1",
        "path": "/",
        "httpOnly": True,
        "sameSite": "Strict",
        "secure": False,
    }
    assert value.startswith("v1.")
    assert dashboard.token.reveal() not in value
    assert 29.9 * DAYS < expiry - time.time() <= 30 * DAYS
    assert browser.run("return document.cookie") == ""


def test_the_cookie_behind_tls_is_secure(browser: Browser, place: Place) -> None:
    dashboard = place.dashboard("--behind-tls")
    # Chromium takes it for secure, since nobody stands between.
    log_in(browser, dashboard, "localhost")
    found = cookie(browser)
    assert found is not None and found["secure"]


def test_the_raw_cookie_is_the_token(browser: Browser, place: Place) -> None:
    dashboard = place.dashboard("--raw-cookie")
    log_in(browser, dashboard)
    found = cookie(browser)
    assert found is not None and found["value"] == dashboard.token.reveal()


def test_a_cookie_that_the_browser_does_not_keep_is_told(browser: Browser, place: Place) -> None:
    dashboard = place.dashboard("--behind-tls", "--allow-host", DASHBOARD)
    browser.open(dashboard.url(host=DASHBOARD))
    enter(browser, dashboard.token)
    assert error_shown(browser).startswith("The token is right, but this browser did not keep the cookie.")
    assert browser.title == LOGIN


def test_an_allowed_host_name(browser: Browser, place: Place) -> None:
    dashboard = place.dashboard("--allow-host", DASHBOARD)
    log_in(browser, dashboard, DASHBOARD)
    assert ask(browser, ADD, method="POST")["text"] == "1"
    assert socket(browser, dashboard.url(SOCKET, DASHBOARD)) == "hello"


def test_the_token_is_nowhere(driver: Remote, profile: Path, dashboard: Dashboard) -> None:
    wrong = Token("a wrong token")
    places: dict[str, str] = {}
    with chromium.browser(driver, profile) as browser:

        def look(when: str) -> None:
            places[f"source {when}"] = browser.source
            places[f"document {when}"] = browser.run("return document.documentElement.outerHTML")
            places[f"address {when}"] = browser.url
            places[f"history {when}"] = json.dumps(browser.cdp("Page.getNavigationHistory"))
            places[f"script {when}"] = browser.run(
                """
                return JSON.stringify([
                    document.cookie, document.title, name, history.state, { ...localStorage }, { ...sessionStorage },
                    performance.getEntries(), [...document.querySelectorAll("*")].map((each) => each.innerText),
                ]);
                """
            )
            places[f"cookies {when}"] = json.dumps(browser.cookies())
            places[f"console {when}"] = json.dumps(browser.log())

        browser.open(dashboard.url("/jobs/7"))
        browser.find("#token").type(wrong.reveal())
        browser.find("#show").click()
        look("typed")
        browser.find("#submit").click()
        assert error_shown(browser) == WRONG
        look("refused")
        browser.find("#token").type(dashboard.token.reveal())
        look("typed again")
        browser.find("#submit").click()
        wait_for_title(browser, "Job 7")
        look("logged in")
        entries = browser.cdp("Page.getNavigationHistory")["entries"]
        assert [entry["url"] for entry in entries[1:]] == [dashboard.url("/jobs/7")]
    # What the browser leaves behind on the disk.
    files = [file for file in profile.rglob("*") if file.is_file()]
    assert files
    places |= {f"file {file.name}": file.read_bytes().decode("latin-1") for file in files}
    for token in (wrong, dashboard.token):
        assert [where for where, text in places.items() if token.reveal() in text] == [], token


def test_the_field_is_emptied_when_one_leaves(browser: Browser, dashboard: Dashboard, elsewhere: str) -> None:
    browser.open(dashboard.url("/jobs/7"))
    browser.find("#token").type(dashboard.token.reveal())
    browser.find("#show").click()
    # Hears of it after the page does.
    browser.run(
        """
        const field = document.getElementById("token");
        addEventListener("pagehide", () => { sessionStorage.left = `${field.type} of ${field.value.length}`; });
        """
    )
    browser.open(f"http://127.0.0.1:{elsewhere}/")
    browser.back()
    wait_for_title(browser, LOGIN)
    assert browser.run("return sessionStorage.left") == "password of 0"
    assert browser.find("#token").state("value") == ""


def test_a_rotation_brings_the_page_back(browser: Browser, dashboard: Dashboard) -> None:
    log_in(browser, dashboard)
    new = Token("the new token")
    replacement = dashboard.file.with_suffix(".new")
    replacement.touch(0o600)
    replacement.write_text(f"{new.reveal()}\n")
    replacement.replace(dashboard.file)
    authorization = {"Authorization": f"Bearer {new.reveal()}"}
    wait_for("the server has the new token", lambda: requests.get(dashboard.url(COUNT), headers=authorization).ok)
    assert cookie(browser) is not None
    browser.open(dashboard.url("/jobs/7"))
    assert (browser.title, status_of_page(browser)) == (LOGIN, 403)
    assert cookie(browser) is None
    enter(browser, dashboard.token)
    assert error_shown(browser) == WRONG
    enter(browser, new)
    wait_for_title(browser, "Job 7")
