"""A Ray cluster's part of Kubernetes: its namespace, its accounts, and servers of ours that know of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.client import Account, Admin
from api.server import ApiServer
from support import ours, ray_env
from support.redaction import redact

CLUSTER = "lab"


class Lab:
    def __init__(self, server: ApiServer, admin: Admin, folder: Path):
        self.server = server
        self.admin = admin
        self.folder = folder
        self.namespace = admin.new_namespace()
        # What pods of the cluster run as: it may ask about callers.
        self.head = admin.new_account(self.namespace, "ray-head")
        admin.bind_everywhere("ray-authenticator", self.head.as_subject())

    def user(self, name: str, *, may_write: bool = True) -> Account:
        """Somebody who may use the cluster, or somebody who is only known."""
        account = self.admin.new_account(self.namespace, name)
        if may_write:
            self.bind(account)
        return account

    def bind(self, account: Account) -> str:
        """The path of the binding, which is in effect."""
        return self.bind_subject(account.as_subject(), {"username": account.user})

    def bind_subject(self, subject: dict[str, str], user: dict[str, Any]) -> str:
        binding = self.admin.bind(self.namespace, "ray-writer", subject)
        self.admin.wait_until(True, user, CLUSTER, self.namespace)
        return binding

    def unbind(self, binding: str, account: Account) -> None:
        """Returns when the API server says so."""
        self.admin.delete(binding)
        self.admin.wait_until(False, {"username": account.user}, CLUSTER, self.namespace)

    def signed_here(self, account: Account, *, ends_in: int) -> str:
        """A token as the API server makes them, but for its end."""
        return self.server.signer.sign(account.user, self.server.signer.issuer, ends_in=ends_in, **account.claims())

    @contextmanager
    def gcs(
        self, *, ttl_seconds: int | None = None, account: Account | None = None, port: int | None = None
    ) -> Iterator[OurServer]:
        """`ray-auth serve` in this mode. Gives its address, and what it asked the API server."""
        account = account or self.head
        pod = self.folder / "pod"
        pod.mkdir(exist_ok=True)
        own_token = self.admin.token_of(account)
        for name, text in {
            "ca.crt": self.server.authority.certificate.read_text(),
            "token": own_token,
            "namespace": self.namespace,
        }.items():
            (pod / name).write_text(text)
        outgoing = pod / "outgoing"
        outgoing.write_text(own_token)
        variables = {
            "RAY_AUTH_MODE": "token",
            "RAY_ENABLE_K8S_TOKEN_AUTH": "true",
            "RAY_CLUSTER_NAME": CLUSTER,
            "RAY_CLUSTER_NAMESPACE": self.namespace,
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(port or self.server.port),
            "RAY_AUTH_KUBERNETES_FOLDER": str(pod),
            "RAY_AUTH_TOKEN_PATH": str(outgoing),
            # The lines of ours, without those of what is beneath.
            "RAY_AUTH_LOG": "ray_auth=info",
        }
        if ttl_seconds is not None:
            variables["RAY_AUTH_KUBERNETES_TTL_SECONDS"] = str(ttl_seconds)
        env = ray_env.plain(self.folder / "home", **variables)
        with ours.gcs(self.folder, env) as address:
            yield OurServer(address, self, account)


class OurServer:
    def __init__(self, address: str, lab: Lab, account: Account):
        self.address = address
        self._lab = lab
        self._account = account
        self._before = lab.server.reviews_by(account.user)

    def reviews(self) -> tuple[int, int]:
        """How many TokenReviews and SubjectAccessReviews it made."""
        now = self._lab.server.reviews_by(self._account.user)
        made = {kind: now.get(kind, 0) - self._before.get(kind, 0) for kind in ("tokenreviews", "subjectaccessreviews")}
        return made["tokenreviews"], made["subjectaccessreviews"]

    def log(self) -> str:
        return redact((self._lab.folder / "ray-auth_serve.err").read_text())
