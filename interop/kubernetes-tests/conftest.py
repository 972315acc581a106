"""What the tests share: one API server, and a Ray cluster's part of it for each test."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

# The suite starts programs while gRPC is in use; they are no forks that would go on using it.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

import pytest

from api import deploy
from api.client import Admin
from api.lab import Lab
from api.provider import Provider, provider
from api.server import ApiServer, api_server
from support import folder
from support.redaction import redact


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


@pytest.fixture(scope="session")
def identity_provider() -> Iterator[Provider]:
    with folder.with_home() as place, provider(place) as known:
        yield known


@pytest.fixture(scope="session")
def server(identity_provider: Provider) -> Iterator[ApiServer]:
    with folder.with_home() as place:
        with api_server(place, identity_provider.authentication_configuration()) as running:
            yield running


@pytest.fixture(scope="session")
def admin(server: ApiServer) -> Iterator[Admin]:
    """Whoever may do everything. The ClusterRoles that this project publishes are there."""
    admin = Admin(server)
    for manifest in deploy.documents("rbac.yaml", kind="ClusterRole"):
        admin.create(deploy.path_of(manifest, "unused"), manifest)
    yield admin
    admin.close()


@pytest.fixture
def lab(server: ApiServer, admin: Admin) -> Iterator[Lab]:
    """A Ray cluster's part of Kubernetes, that no other test has."""
    with folder.with_home() as place:
        yield Lab(server, admin, place)


@pytest.fixture
def home(lab: Lab) -> Path:
    return lab.folder / "home"
