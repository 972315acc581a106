"""Logging in with a real browser: the page, the cookie, and what pages of others can do to who is logged in."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from support import chromium, folder, ours, ray_env, web
from support.chromium import DASHBOARD, EVIL, REBIND
from support.process import Server, wait_for
from support.redaction import Token
from support.webdriver import ENTER, SPACE, TAB, Browser, Remote, WebDriverError

LOGIN = "Log in – Ray cluster"
COOKIE = "ray-authentication-token"
COUNT, ADD, SOCKET = "/api/things/count", "/api/things", "/ws"
DAYS = 24 * 3600

MISSING = "Unauthorized: Missing authentication token"
WRONG = "Forbidden: Invalid authentication token"
CROSS_ORIGIN = "Forbidden: Cross-origin request"
UNTRUSTED_HOST = (
    "Forbidden: This server does not log browsers in under this host name; whoever runs it can allow the name"
)


@dataclass(frozen=True)
class Dashboard:
    """Our server layer around pages, an API and a WebSocket."""

    server: Server
    address: str
    token: Token
    file: Path

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


class Place:
    """Where dashboards are started, and ended together."""

    def __init__(self, path: Path, stack: ExitStack):
        self._path = path
        self._stack = stack
        self._started = 0

    def dashboard(self, *options: str) -> Dashboard:
        self._started += 1
        name = f"dashboard_{self._started}"
        token = Token(f"the token of {name}")
        file = self._path / f"{name}.token"
        file.touch(0o600)
        file.write_text(f"{token.reveal()}\n")
        env = ray_env.plain(self._path / "home", RAY_AUTH_MODE="token", RAY_AUTH_TOKEN_PATH=str(file))
        server = Server(name, [ours.probe(), "dashboard", *options], env, self._path)
        self._stack.callback(server.end)
        return Dashboard(server, server.wait_until_up(server.listening_on), token, file)


@pytest.fixture(scope="module")
def driver() -> Iterator[Remote]:
    with folder.with_home() as place, chromium.driver(place) as remote:
        yield remote


@pytest.fixture
def profile() -> Iterator[Path]:
    with folder.with_home() as place:
        yield place / "profile"


@pytest.fixture
def browser(driver: Remote, profile: Path) -> Iterator[Browser]:
    with chromium.browser(driver, profile) as begun:
        yield begun


@pytest.fixture
def place() -> Iterator[Place]:
    with folder.with_home() as path, ExitStack() as stack:
        yield Place(path, stack)


@pytest.fixture
def dashboard(place: Place) -> Dashboard:
    return place.dashboard()


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The port of a site of somebody else's."""
    with web.page_of_others() as address:
        yield address.rpartition(":")[2]


@pytest.fixture(scope="session")
def screenshots() -> Path:
    path = Path(sys.prefix).parent / "screenshots"
    path.mkdir(exist_ok=True)
    return path


def wait_for_title(browser: Browser, title: str) -> None:
    try:
        wait_for(f"the page {title!r}", lambda: browser.title == title, 20)
    except TimeoutError as error:
        raise AssertionError(f"{error}; it is {browser.title!r} at {browser.url}: {browser.text}") from None


def enter(browser: Browser, token: Token) -> None:
    browser.find("#token").type(token.reveal() + ENTER)


def log_in(browser: Browser, dashboard: Dashboard, host: str = "127.0.0.1") -> None:
    browser.open(dashboard.url(host=host))
    wait_for_title(browser, LOGIN)
    enter(browser, dashboard.token)
    wait_for_title(browser, "Home")


def error_shown(browser: Browser) -> str:
    return wait_for("an error is shown", lambda: browser.find("#error").text or None, 20)


def ask(browser: Browser, url: str, **options: object) -> dict:
    """What a script of the page that is open is answered."""
    return browser.run(
        """
        const [url, options] = arguments;
        return fetch(url, options).then(
            async (answer) => {
                const { status, headers } = answer;
                return { status, text: await answer.text(), grpc: headers.get("grpc-status") };
            },
            (error) => ({ error: error.name }),
        );
        """,
        url,
        options,
    )


def socket(browser: Browser, url: str) -> str:
    """What a WebSocket of the page that is open says back, or how it ends."""
    return browser.run(
        """
        const socket = new WebSocket(arguments[0]);
        return new Promise((done) => {
            socket.onopen = () => socket.send("hello");
            socket.onmessage = ({ data }) => { done(data); socket.close(); };
            socket.onclose = ({ code }) => done(`closed with ${code}`);
        });
        """,
        url.replace("http:", "ws:"),
    )


def things(place_browser: Browser, dashboard: Dashboard) -> str:
    """How often something was changed, as the dashboard's own page sees it."""
    place_browser.open(dashboard.url())
    return ask(place_browser, COUNT)["text"]


def complaints(browser: Browser) -> list[str]:
    """What the console says, but for the answers that a refused request has."""
    refusals = re.compile(r"Failed to load resource: the server responded with a status of 40[13]")
    return [entry["message"] for entry in browser.log() if not refusals.search(entry["message"])]


def status_of_page(browser: Browser) -> int:
    return browser.run("return performance.getEntriesByType('navigation')[0].responseStatus")


def cookie(browser: Browser) -> dict | None:
    found = [cookie for cookie in browser.cookies() if cookie["name"] == COOKIE]
    return found[0] if found else None


# The page.


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


LEADING_AWAY = {
    "//evil.test/x": "Home",
    "//evil.test:{port}/x": "Home",
    "///evil.test/x": "Home",
    "/\\evil.test/x": "Home",
    "/%5Cevil.test/x": "Nothing here",
    "/%2F%2Fevil.test/x": "Nothing here",
    "/http://evil.test/": "Nothing here",
    "/javascript:alert(1)": "Nothing here",
    "/%09//evil.test/": "Nothing here",
    "/%0D%0ALocation:%20http://evil.test/": "Nothing here",
    "/..//evil.test/x": "Home",
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


# For everybody.


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


# The cookie.


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


# What it must not open.


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
