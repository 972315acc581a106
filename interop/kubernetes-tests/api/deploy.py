"""The manifests that this project publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[3] / "deploy/kubernetes"

# Where each kind is kept, and whether it is in a namespace.
_PLACES = {
    "Namespace": ("/api/v1", "namespaces", False),
    "Secret": ("/api/v1", "secrets", True),
    "Service": ("/api/v1", "services", True),
    "ServiceAccount": ("/api/v1", "serviceaccounts", True),
    "Deployment": ("/apis/apps/v1", "deployments", True),
    "ClusterRole": ("/apis/rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings", True),
    "RayCluster": ("/apis/ray.io/v1", "rayclusters", True),
}


def files() -> list[str]:
    return sorted(path.name for path in FOLDER.glob("*.yaml"))


def documents(file: str, *, kind: str | None = None, namespace: str | None = None) -> list[dict[str, Any]]:
    """All of a file, or those of a kind; put into another namespace as the guide says how."""
    text = (FOLDER / file).read_text()
    if namespace is not None:
        text = text.replace("namespace: ray ", f"namespace: {namespace} ")
        text = text.replace("ray-authenticator-ray", f"ray-authenticator-{namespace}")
    found = [document for document in yaml.safe_load_all(text) if document]
    return [document for document in found if kind in (None, document["kind"])]


def path_of(manifest: dict[str, Any], namespace: str) -> str:
    """Where to send it to have it made."""
    group, plural, in_namespace = _PLACES[manifest["kind"]]
    return f"{group}/namespaces/{namespace}/{plural}" if in_namespace else f"{group}/{plural}"
