"""What pages of others can do to who is logged in, in a real browser."""

from __future__ import annotations

import pytest

from support.chromium import EVIL, REBIND
from support.dashboard import (
    ADD,
    COOKIE,
    COUNT,
    CROSS_ORIGIN,
    LOGIN,
    MISSING,
    SOCKET,
    UNTRUSTED_HOST,
    Dashboard,
    ask,
    cookie,
    enter,
    error_shown,
    log_in,
    socket,
    things,
)
from support.process import wait_for
from support.webdriver import Browser


def test_a_page_of_its_own_can_do_everything(browser: Browser, dashboard: Dashboard) -> None:
    log_in(browser, dashboard)
    assert ask(browser, ADD, method="POST") == {"status": 200, "text": "1", "grpc": None}
    assert socket(browser, dashboard.url(SOCKET)) == "hello"
    assert ask(browser, COUNT)["text"] == "2"


FORM = """
const form = document.createElement("form");
[form.action, form.method] = arguments;
document.body.append(form);
form.submit();
"""


def check_that_nothing_can_be_done(browser: Browser, dashboard: Dashboard, foreign: str, refused: str) -> None:
    """From a page of somebody else's, with the user logged in."""
    browser.open(foreign)
    # A script sees no answer; whether it came to pass, the counter tells.
    for credentials in ("include", "same-origin"):
        for mode in ("cors", "no-cors"):
            options = {"credentials": credentials, "mode": mode}
            sent = ask(browser, dashboard.url(ADD), method="POST", **options)
            read = ask(browser, dashboard.url(COUNT), **options)
            hidden = {"error": "TypeError"} if mode == "cors" else {"status": 0, "text": "", "grpc": None}
            assert (sent, read) == (hidden, hidden), options
    assert socket(browser, dashboard.url(SOCKET)) == "closed with 1006"
    browser.run(FORM, dashboard.url(ADD), "post")
    wait_for("the form was sent", lambda: browser.url == dashboard.url(ADD))
    assert browser.text == refused
    # And it is no login that is lost: the user's own page goes on.
    assert things(browser, dashboard) == "0"


def test_a_page_on_another_port_can_do_nothing(browser: Browser, dashboard: Dashboard, elsewhere: str) -> None:
    log_in(browser, dashboard)
    # One site, so the browser does send the cookie.
    check_that_nothing_can_be_done(browser, dashboard, f"http://127.0.0.1:{elsewhere}/", CROSS_ORIGIN)


def test_a_page_of_another_site_can_do_nothing(browser: Browser, dashboard: Dashboard, elsewhere: str) -> None:
    log_in(browser, dashboard)
    # The browser keeps the cookie to itself.
    check_that_nothing_can_be_done(browser, dashboard, f"http://{EVIL}:{elsewhere}/", MISSING)


@pytest.mark.parametrize("host", ["127.0.0.1", EVIL])
def test_the_page_cannot_be_framed(browser: Browser, dashboard: Dashboard, elsewhere: str, host: str) -> None:
    browser.open(f"http://{host}:{elsewhere}/")
    framed = """
        const frame = document.createElement("iframe");
        frame.src = arguments[0];
        document.body.append(frame);
        return new Promise((done) => { frame.onload = () => done(true); });
    """
    assert browser.run(framed, dashboard.url())
    said: list[str] = []

    def refused() -> bool:
        said.extend(entry["message"] for entry in browser.log())
        return any("frame-ancestors 'none'" in message for message in said)

    wait_for("the browser refuses", refused, 20)


def test_a_page_of_another_site_cannot_log_in(browser: Browser, dashboard: Dashboard, elsewhere: str) -> None:
    """Not even with the token: a login that one did not make is one, too."""
    browser.open(f"http://{EVIL}:{elsewhere}/")
    headers = {"Authorization": f"Bearer {dashboard.token.reveal()}"}
    login = dashboard.url("/api/authenticate")
    assert ask(browser, login, method="POST", headers=headers, credentials="include") == {"error": "TypeError"}
    browser.open(dashboard.url())
    assert (browser.title, cookie(browser)) == (LOGIN, None)


def test_a_name_that_was_bound_to_the_server_by_somebody_else(browser: Browser, dashboard: Dashboard) -> None:
    log_in(browser, dashboard)
    mine = cookie(browser)
    assert mine is not None
    browser.open(dashboard.url(host=REBIND))
    enter(browser, dashboard.token)
    assert error_shown(browser) == UNTRUSTED_HOST
    assert cookie(browser) is None
    browser.add_cookie({"name": COOKIE, "value": mine["value"], "path": "/"})
    for options in ({}, {"method": "POST"}):
        path = ADD if options else COUNT
        assert ask(browser, path, **options) == {"status": 403, "text": UNTRUSTED_HOST, "grpc": None}
    assert socket(browser, dashboard.url(SOCKET, REBIND)) == "closed with 1006"
    browser.open(dashboard.url("/jobs/7", REBIND))
    assert browser.text == UNTRUSTED_HOST
    assert things(browser, dashboard) == "0"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (ADD, "application/grpc"),
        (ADD, "application/grpc+proto"),
        ("/ray.rpc.NodeInfoGcsService/CheckAlive", "application/grpc"),
    ],
)
def test_a_login_opens_no_grpc(browser: Browser, dashboard: Dashboard, path: str, kind: str) -> None:
    log_in(browser, dashboard)
    answer = ask(browser, path, method="POST", headers={"Content-Type": kind})
    assert (answer["status"], answer["grpc"]) == (200, "16")
    assert ask(browser, COUNT)["text"] == "0"


def test_a_login_opens_no_grpc_method_whatever_the_content_type(browser: Browser, dashboard: Dashboard) -> None:
    log_in(browser, dashboard)
    for kind in ("application/json", "text/plain"):
        answer = ask(browser, "/ray.rpc.NodeInfoGcsService/CheckAlive", method="POST", headers={"Content-Type": kind})
        assert answer == {"status": 401, "text": MISSING, "grpc": None}
