"""A real kube-apiserver and its etcd, on loopback: no nodes, no controllers, nothing else of a cluster."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from api.jwt import Signer
from api.pki import Authority, Files, write_key
from support import net
from support.process import Server

# What a token must be for to be one for the API server itself.
AUDIENCE = "https://kubernetes.default.svc"

# Who reviewed, and nothing of what: metadata holds no token.
_AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    resources:
      - { group: authentication.k8s.io, resources: [tokenreviews] }
      - { group: authorization.k8s.io, resources: [subjectaccessreviews] }
  - level: None
"""


def _program(name: str) -> Path:
    path = Path(os.environ.get("KUBEBUILDER_ASSETS", ""), name)
    if not path.is_file():
        raise RuntimeError(f"KUBEBUILDER_ASSETS has no {name}; start the suite with `interop/kubernetes`")
    return path


def _env() -> dict[str, str]:
    """Nothing of the caller's, and nothing that a proxy would have to do with."""
    return {"PATH": "/usr/bin:/bin", "NO_PROXY": "*"}


class ApiServer:
    """Can be ended and started again at the same address, with what it knew."""

    def __init__(self, folder: Path, etcd: str, authentication: str):
        self._folder = folder
        self._etcd = etcd
        self._starts = 0
        self._server: Server | None = None
        self.port = net.free_port()
        self.authority = Authority(folder)
        self.signer = Signer(AUDIENCE)
        self.admin = self.authority.client("the suite", "system:masters")
        self.serving: Files = self.authority.server()
        write_key(folder / "sa.key", self.signer.key)
        (folder / "sa.pub").write_bytes(self.signer.public_pem())
        (folder / "audit.yaml").write_text(_AUDIT_POLICY)
        (folder / "authentication.json").write_text(authentication)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        folder = self._folder
        self._starts += 1
        self._server = Server(
            f"kube-apiserver-{self._starts}",
            [
                _program("kube-apiserver"),
                f"--etcd-servers={self._etcd}",
                "--bind-address=127.0.0.1",
                f"--secure-port={self.port}",
                # It stands for a Service that nobody here uses.
                "--endpoint-reconciler-type=none",
                "--service-cluster-ip-range=10.0.0.0/24",
                f"--tls-cert-file={self.serving.certificate}",
                f"--tls-private-key-file={self.serving.key}",
                f"--client-ca-file={self.authority.certificate}",
                f"--authentication-config={folder / 'authentication.json'}",
                f"--service-account-issuer={AUDIENCE}",
                f"--api-audiences={AUDIENCE}",
                f"--service-account-key-file={folder / 'sa.pub'}",
                f"--service-account-signing-key-file={folder / 'sa.key'}",
                "--authorization-mode=RBAC",
                # Its accounts are made by a controller that is not here.
                "--disable-admission-plugins=ServiceAccount",
                f"--audit-policy-file={folder / 'audit.yaml'}",
                f"--audit-log-path={self.audit_log}",
                "--audit-log-mode=blocking",
                "--profiling=false",
                "--v=1",
            ],
            _env(),
            folder,
        )
        self._server.wait_until_up(self._is_ready, 90)

    def end(self) -> None:
        if self._server is not None:
            self._server.end(30)
            self._server = None

    @property
    def audit_log(self) -> Path:
        return self._folder / "audit.log"

    def reviews_by(self, user: str) -> dict[str, int]:
        """How many of each kind a user made, whatever the answer."""
        return dict(Counter(event["objectRef"]["resource"] for event in self._events(user)))

    def refused_to(self, user: str) -> list[int]:
        """The statuses of reviews that a user was not answered."""
        codes = (event["responseStatus"]["code"] for event in self._events(user))
        return [code for code in codes if code != 201]

    def _events(self, user: str) -> Iterator[dict]:
        # A line that is being written has no end yet.
        lines = self.audit_log.read_text().split("\n")[:-1] if self.audit_log.exists() else []
        return (event for event in map(json.loads, lines) if event["user"]["username"] == user)

    def _is_ready(self) -> bool:
        try:
            answer = requests.get(
                f"{self.url}/readyz",
                cert=(str(self.admin.certificate), str(self.admin.key)),
                verify=str(self.authority.certificate),
                timeout=5,
            )
        except requests.RequestException:
            return False
        return answer.status_code == 200


@contextmanager
def etcd(folder: Path) -> Iterator[str]:
    """Gives its address."""
    client, peer = (f"http://127.0.0.1:{net.free_port()}" for _ in range(2))
    server = Server(
        "etcd",
        [
            _program("etcd"),
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        ],
        _env(),
        folder,
    )

    def is_healthy() -> bool:
        try:
            return requests.get(f"{client}/health", timeout=5).json().get("health") == "true"
        except (requests.RequestException, ValueError):
            return False

    try:
        server.wait_until_up(is_healthy)
        yield client
    finally:
        server.end()


@contextmanager
def api_server(folder: Path, authentication: str) -> Iterator[ApiServer]:
    with etcd(folder) as address:
        server = ApiServer(folder, address, authentication)
        try:
            server.start()
            yield server
        finally:
            server.end()
