"""What the tests share: the servers, each started once, and a place of its own for each."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

# The suite starts programs while gRPC is in use; they are no forks that would go on using it.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

import pytest

from support import chromium, folder, ours, ray_env, real_ray, web
from support.dashboard import Dashboard, Place
from support.redaction import Token, redact
from support.webdriver import Browser, Remote


def pytest_configure() -> None:
    # Whoever ends the suite gets its servers ended, too.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("ended by SIGTERM", 128 + signal.SIGTERM))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """No token gets into a report, whatever an assertion compared."""
    report = yield
    if report.failed:
        report.longrepr = redact(str(report.longrepr))
    report.sections = [(title, redact(text)) for title, text in report.sections]
    return report


@pytest.fixture
def home() -> Iterator[Path]:
    """A home folder that nothing was ever kept in."""
    with folder.with_home() as place:
        yield place / "home"


@pytest.fixture(scope="session")
def token() -> Token:
    """The token of all servers."""
    return Token("the token")


@pytest.fixture(scope="session")
def gcs_server(token: Token) -> Iterator[str]:
    """Real Ray's GCS, with the token."""
    with folder.with_home() as place, real_ray.gcs_server(place, ray_env.with_token(place / "home", token)) as address:
        yield address


@pytest.fixture(scope="session")
def open_gcs_server() -> Iterator[str]:
    """Real Ray's GCS, with authentication disabled."""
    with folder.with_home() as place, real_ray.gcs_server(place, ray_env.without_auth(place / "home")) as address:
        yield address


@pytest.fixture(scope="session")
def head(token: Token) -> Iterator[real_ray.Head]:
    """A real head node, with the token."""
    with folder.with_home() as place, real_ray.head(place, ray_env.with_token(place / "home", token)) as addresses:
        yield addresses


@pytest.fixture(scope="session")
def dashboard_head(token: Token) -> Iterator[real_ray.DashboardHead]:
    """A real head node with its dashboard, with the token."""
    with (
        folder.with_home() as place,
        real_ray.dashboard_head(place, ray_env.with_token(place / "home", token)) as addresses,
    ):
        yield addresses


@pytest.fixture(scope="module")
def open_dashboard_head() -> Iterator[real_ray.DashboardHead]:
    """A real head node with its dashboard, with authentication disabled."""
    with (
        folder.with_home() as place,
        real_ray.dashboard_head(place, ray_env.without_auth(place / "home")) as addresses,
    ):
        yield addresses


@pytest.fixture(scope="session")
def our_gcs(token: Token) -> Iterator[str]:
    """Our equivalent of the GCS, with the token."""
    with folder.with_home() as place, ours.gcs(place, ray_env.with_token(place / "home", token)) as address:
        yield address


@pytest.fixture(scope="session")
def our_jobs(token: Token) -> Iterator[str]:
    """Our equivalent of a dashboard that takes jobs, with the token."""
    with folder.with_home() as place, ours.jobs_server(place, ray_env.with_token(place / "home", token)) as address:
        yield address


@pytest.fixture(scope="module")
def our_open_jobs() -> Iterator[str]:
    """The same, with authentication disabled."""
    with folder.with_home() as place, ours.jobs_server(place, ray_env.without_auth(place / "home")) as address:
        yield address


@pytest.fixture(scope="session")
def driver() -> Iterator[Remote]:
    """What starts browsers."""
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
