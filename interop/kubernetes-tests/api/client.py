"""What the suite asks of the API server: as the one who may do everything, and as anybody with a token."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

import requests

from api.server import ApiServer
from support.process import wait_for

RBAC = "/apis/rbac.authorization.k8s.io/v1"
TOKEN_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
SECONDS = 20

# Names that no other test has.
_numbers = itertools.count(1)


class RefusedByApi(Exception):
    """An answer other than the one that was asked for."""

    def __init__(self, status: int, text: str):
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


class Api:
    """Asks as one user."""

    def __init__(self, server: ApiServer, token: str | None = None):
        self._url = server.url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(server.authority.certificate)
        if token is None:
            self._session.cert = (str(server.admin.certificate), str(server.admin.key))
        else:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        self._session.close()

    def ask(self, method: str, path: str, body: Any = None, **parameters: str) -> dict[str, Any]:
        """The answer, which is an object. Its text is in the error when there is none."""
        # A connection from before the server was started again is not used twice.
        return self._answer(method, path, {"Connection": "close"}, parameters, json=body)

    def apply(self, path: str, manifest: dict[str, Any], **parameters: str) -> dict[str, Any]:
        """As `kubectl apply --server-side` does, and no field that is not known passes."""
        kind = {"Connection": "close", "Content-Type": "application/apply-patch+yaml"}
        parameters = {"fieldManager": "suite", "fieldValidation": "Strict", "force": "true", **parameters}
        return self._answer("PATCH", path, kind, parameters, data=json.dumps(manifest))

    def _answer(
        self, method: str, path: str, headers: dict[str, str], parameters: dict[str, str], **body: Any
    ) -> dict[str, Any]:
        answer = self._session.request(
            method, f"{self._url}{path}", params=parameters, timeout=SECONDS, headers=headers, **body
        )
        if not answer.ok:
            raise RefusedByApi(answer.status_code, answer.text)
        return answer.json()

    def create(self, path: str, manifest: dict[str, Any]) -> dict[str, Any]:
        return self.ask("POST", path, manifest)

    def delete(self, path: str) -> None:
        self.ask("DELETE", path)

    def review_token(self, token: str, *, audiences: list[str] | None = None) -> dict[str, Any]:
        """The `status` of a TokenReview."""
        spec = {"token": token} | ({"audiences": audiences} if audiences else {})
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        return self.create(TOKEN_REVIEWS, review)["status"]

    def review_access(self, user: dict[str, Any], cluster: str, namespace: str, verb: str = "ray:write") -> dict[str, Any]:
        """The `status` of a SubjectAccessReview about a user as a TokenReview names one."""
        attributes = {"group": "ray.io", "resource": "rayclusters", "name": cluster, "namespace": namespace, "verb": verb}
        spec = {
            "user": user["username"],
            "uid": user.get("uid", ""),
            "groups": user.get("groups", []),
            "extra": user.get("extra", {}),
            "resourceAttributes": attributes,
        }
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        return self.create(ACCESS_REVIEWS, review)["status"]


@dataclass(frozen=True)
class Account:
    """A service account."""

    namespace: str
    name: str
    uid: str

    @property
    def user(self) -> str:
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    @property
    def path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{self.name}"

    def as_subject(self) -> dict[str, str]:
        return {"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}

    def claims(self) -> dict[str, Any]:
        """What the API server writes into its tokens beside what all tokens have."""
        return {"kubernetes.io": {"namespace": self.namespace, "serviceaccount": {"name": self.name, "uid": self.uid}}}


class Admin(Api):
    """Whoever may do everything."""

    def new_namespace(self) -> str:
        name = f"ray-{next(_numbers)}"
        self.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name

    def new_account(self, namespace: str, name: str) -> Account:
        manifest = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
        made = self.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", manifest)
        return Account(namespace, name, made["metadata"]["uid"])

    def token_of(self, account: Account, *, audiences: list[str] | None = None, seconds: int = 3600) -> str:
        """A token by TokenRequest, as kubelets have them made."""
        spec = {"audiences": audiences or [], "expirationSeconds": seconds}
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        return self.create(f"{account.path}/token", request)["status"]["token"]

    def bind(self, namespace: str, role: str, subject: dict[str, str]) -> str:
        """Gives a ClusterRole in a namespace. The path of the binding, to be deleted."""
        path = f"{RBAC}/namespaces/{namespace}/rolebindings"
        return self._bind("RoleBinding", path, role, subject)

    def bind_everywhere(self, role: str, subject: dict[str, str]) -> str:
        """Gives a ClusterRole for the whole cluster."""
        return self._bind("ClusterRoleBinding", f"{RBAC}/clusterrolebindings", role, subject)

    def _bind(self, kind: str, path: str, role: str, subject: dict[str, str]) -> str:
        name = f"{role}-{next(_numbers)}"
        subject = subject if subject["kind"] == "ServiceAccount" else subject | {"apiGroup": "rbac.authorization.k8s.io"}
        manifest = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [subject],
        }
        self.create(path, manifest)
        return f"{path}/{name}"

    def wait_until(self, allowed: bool, user: dict[str, Any], cluster: str, namespace: str) -> None:
        """A binding takes effect when the API server's own watch has told it, some milliseconds later."""
        answer = lambda: self.review_access(user, cluster, namespace)["allowed"] is allowed
        wait_for(f"{user['username']} allowed: {allowed}", answer)
