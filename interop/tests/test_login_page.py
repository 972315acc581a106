"""The page that asks for the token, in a real browser."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from support import chromium, web
from support.chromium import EVIL
from support.dashboard import (
    LOGIN,
    WRONG,
    Dashboard,
    complaints,
    cookie,
    enter,
    error_shown,
    log_in,
    status_of_page,
    wait_for_title,
)
from support.process import wait_for
from support.redaction import Token
from support.webdriver import ENTER, Browser, Remote


def test_a_deep_link_is_answered_with_the_page(browser: Browser, dashboard: Dashboard) -> None:
    browser.open(dashboard.url("/jobs/7"))
    assert browser.title == LOGIN
    assert browser.url == dashboard.url("/jobs/7")
    assert browser.find("#form").displayed
    assert browser.focused == browser.find("#token")
    assert status_of_page(browser) == 401


def test_a_wrong_token_is_told_and_the_page_stays(browser: Browser, dashboard: Dashboard) -> None:
    browser.open(dashboard.url("/jobs/7"))
    enter(browser, Token("a wrong token"))
    assert error_shown(browser) == WRONG
    assert (browser.title, browser.url) == (LOGIN, dashboard.url("/jobs/7"))
    field = browser.find("#token")
    assert browser.focused == field
    assert field.attribute("aria-invalid") == "true"
    assert cookie(browser) is None
    # And the next try is a new one.
    field.type("x")
    assert browser.find("#error").text == ""
    assert field.attribute("aria-invalid") is None


@pytest.mark.parametrize("path", ["/jobs/7", "/jobs/7?tab=logs&x=//y#line-3", "/jobs/7#a", "/?x=%2f%2fevil.test"])
def test_login_leads_to_what_was_asked_for(browser: Browser, dashboard: Dashboard, path: str) -> None:
    browser.open(dashboard.url(path))
    enter(browser, dashboard.token)
    wait_for_title(browser, "Job 7" if path.startswith("/jobs") else "Home")
    assert browser.url == dashboard.url(path)
    assert complaints(browser) == []


# What ends like a gRPC method, as `//evil.test/x` does, is answered in words: no cookie opens it.
LEADING_AWAY = {
    "//evil.test/x/": "Home",
    "//evil.test:{port}/x": "Home",
    "///evil.test/x/": "Home",
    "/\\evil.test/x/": "Home",
    "/%5Cevil.test/x": "Nothing here",
    "/%2F%2Fevil.test/x": "Nothing here",
    "/http://evil.test/": "Nothing here",
    "/javascript:alert(1)": "Nothing here",
    "/%09//evil.test/": "Nothing here",
    "/%0D%0ALocation:%20http://evil.test/": "Nothing here",
    "/..//evil.test/x/": "Home",
    "/@evil.test/": "Nothing here",
    "/.evil.test/": "Nothing here",
    "/x'%22%3E%3Cscript%3Ealert(1)%3C/script%3E": "Nothing here",
}


@pytest.mark.parametrize("path", LEADING_AWAY)
def test_login_never_leads_to_another_origin(browser: Browser, dashboard: Dashboard, elsewhere: str, path: str) -> None:
    browser.open(dashboard.url(path.format(port=elsewhere)))
    wait_for_title(browser, LOGIN)
    enter(browser, dashboard.token)
    wait_for_title(browser, LEADING_AWAY[path])
    assert browser.run("return location.origin") == dashboard.url("")
    if LEADING_AWAY[path] == "Home":
        assert browser.url == dashboard.url("/")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter the token."),
        ("   ", "Enter the token."),
        ("tökén", "This is no token: it has characters that are not printable ASCII. Copy it again."),
        ("one\u00a0two", "This is no token: it has characters that are not printable ASCII. Copy it again."),
    ],
)
def test_what_no_header_carries_is_not_sent(browser: Browser, dashboard: Dashboard, typed: str, said: str) -> None:
    with web.proxy(dashboard.address) as front:
        browser.open(f"http://{front.address}/")
        browser.find("#token").type(typed + ENTER)
        assert error_shown(browser) == said
        assert front.count("POST", "/api/authenticate") == 0


def test_blanks_around_a_token_do_not_matter(browser: Browser, dashboard: Dashboard) -> None:
    browser.open(dashboard.url())
    browser.find("#token").type(f"  {dashboard.token.reveal()} {ENTER}")
    wait_for_title(browser, "Home")


def test_a_server_that_is_gone_is_told_apart(browser: Browser, dashboard: Dashboard) -> None:
    browser.open(dashboard.url())
    dashboard.server.end()
    enter(browser, dashboard.token)
    assert error_shown(browser) == "The server could not be reached. Try again."
    assert browser.find("#token").attribute("aria-invalid") is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (web.Answer(502, "text/html", b"<h1>proxy</h1>"), "The server answered with status 502."),
        (web.Answer(503, "text/plain", b"Service Unavailable: later"), "Service Unavailable: later"),
        (web.Answer(403, "text/plain", b"<b onclick=x>text</b>"), "<b onclick=x>text</b>"),
        (web.Answer(403, "text/plain", b"x" * 1000), "x" * 300),
    ],
    ids=["a page of the proxy's", "503", "markup is text", "long"],
)
def test_what_the_server_says_is_shown_as_text(
    browser: Browser, dashboard: Dashboard, answer: web.Answer, said: str
) -> None:
    with web.proxy(dashboard.address) as front:
        front.own["/api/authenticate"] = lambda: answer
        browser.open(f"http://{front.address}/")
        enter(browser, dashboard.token)
        assert error_shown(browser) == said


def test_while_one_login_is_under_way_there_is_no_second(browser: Browser, dashboard: Dashboard) -> None:
    with web.proxy(dashboard.address) as front:
        go_on = threading.Event()

        def answer() -> web.Answer:
            go_on.wait(30)
            return web.Answer(403, "text/plain", WRONG.encode())

        front.own["/api/authenticate"] = answer
        browser.open(f"http://{front.address}/")
        enter(browser, dashboard.token)
        wait_for("the first is under way", lambda: front.count("POST", "/api/authenticate") == 1)
        submit = browser.find("#submit")
        assert (submit.text, submit.attribute("aria-disabled")) == ("Logging in…", "true")
        browser.find("#token").type(ENTER)
        submit.click()
        go_on.set()
        assert error_shown(browser) == WRONG
        assert (submit.text, submit.attribute("aria-disabled")) == ("Log in", "false")
        assert front.count("POST", "/api/authenticate") == 1


def test_where_authentication_is_disabled_the_page_leads_on_once(browser: Browser, dashboard: Dashboard) -> None:
    with web.proxy(dashboard.address) as front:
        disabled = web.Answer(200, "application/json", b'{"authentication_mode": "disabled"}')
        front.own["/api/authentication_mode"] = lambda: disabled
        browser.open(f"http://{front.address}/jobs/7")
        # It is refused there all the same, and does not go round in circles.
        kind = "return performance.getEntriesByType('navigation')[0].type"
        wait_for("the page was asked for again", lambda: browser.run(kind) == "reload")
        enter(browser, dashboard.token)
        wait_for_title(browser, "Job 7")
        assert (front.count("GET", "/jobs/7"), front.count("GET", "/api/authentication_mode")) == (3, 1)


LINK = """
const link = document.createElement("a");
link.href = arguments[0];
document.body.append(link);
link.click();
"""


@pytest.mark.parametrize("path", ["/jobs/7?x=1", "/jobs/7?x=1#y"])
@pytest.mark.parametrize("name", ["127.0.0.1", EVIL])
def test_who_is_logged_in_can_follow_links_of_others(
    browser: Browser, dashboard: Dashboard, elsewhere: str, name: str, path: str
) -> None:
    """What leads here from another site carries no cookie, so it is answered with the page, which knows better."""
    log_in(browser, dashboard)
    browser.open(f"http://{name}:{elsewhere}/")
    browser.run(LINK, dashboard.url(path))
    wait_for_title(browser, "Job 7")
    assert browser.url == dashboard.url(path)


@pytest.mark.parametrize(
    ("path", "title"),
    [("/ray/jobs/7?x=1#y", "Job 7"), ("/ray/", "Home"), ("/ray", "Home"), ("/ray/ray/x", "Nothing here")],
)
def test_login_behind_a_proxy_that_takes_a_prefix_away(
    browser: Browser, dashboard: Dashboard, path: str, title: str
) -> None:
    with web.proxy(dashboard.address, "/ray") as front:
        browser.open(f"http://{front.address}{path}")
        wait_for_title(browser, LOGIN)
        enter(browser, dashboard.token)
        wait_for_title(browser, title)
        assert browser.url == f"http://{front.address}{'/ray/' if path == '/ray' else path}"
        assert front.count("POST", "/api/authenticate") == 1
        assert all(asked.startswith("/ray") for _, asked in front.asked), front.asked


def test_without_javascript_the_page_says_what_to_do(
    driver: Remote, profile: Path, dashboard: Dashboard, screenshots: Path
) -> None:
    off = {"prefs": {"profile.managed_default_content_settings.javascript": 2}}
    with chromium.browser(driver, profile, **off) as browser:
        browser.open(dashboard.url())
        assert "curl -H @- ADDRESS" in browser.find("noscript").text
        assert not browser.find("#form").displayed
        (screenshots / "without-javascript.png").write_bytes(browser.screenshot())
