"""Every manifest that this project publishes or prints, applied to a real API server that makes nothing of it (dry run) and
takes no field that it does not know.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from api import deploy
from api.client import Admin, RefusedByApi
from api.lab import Lab
from support import ours, ray_env, redaction
from support.process import Output, run, run_unredacted, wait_for

# What is made where; a file that is added gets a row.
KINDS = {
    "accounts.yaml": ["ServiceAccount", "ServiceAccount", "ClusterRoleBinding", "RoleBinding"],
    "external-identities.yaml": ["RoleBinding"],
    "raycluster-kubernetes-by-hand.yaml": ["RayCluster"],
    "raycluster-kubernetes.yaml": ["RayCluster"],
    "raycluster-token-by-hand.yaml": ["RayCluster"],
    "raycluster-token.yaml": ["RayCluster"],
    "rbac.yaml": ["ClusterRole", "ClusterRole"],
    "secret.yaml": ["Secret"],
    "service-kubernetes.yaml": ["Deployment", "Service"],
    "service-token.yaml": ["Deployment", "Service"],
}

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture(scope="module", autouse=True)
def rayclusters(admin: Admin) -> Iterator[None]:
    """The API server knows what a RayCluster is."""
    definition = yaml.safe_load((Path(__file__).parent / "raycluster-crd.yaml").read_text())
    path = f"{CRDS}/{definition['metadata']['name']}"
    admin.create(CRDS, definition)

    def is_served() -> bool:
        try:
            admin.ask("GET", "/apis/ray.io/v1/rayclusters")
        except RefusedByApi as refused:
            if refused.status in (404, 503):
                return False
            raise
        return True

    wait_for("RayClusters are served", is_served)
    yield
    admin.delete(path)


def dry_run(lab: Lab, manifest: dict[str, Any]) -> dict[str, Any]:
    """What would be made of it."""
    # Applied, as `kubectl apply --server-side` does, since the roles are there already.
    path = f"{deploy.path_of(manifest, lab.namespace)}/{manifest['metadata']['name']}"
    return lab.admin.apply(path, manifest, dryRun="All")


def test_every_file_has_a_row() -> None:
    kinds = {file: [manifest["kind"] for manifest in deploy.documents(file)] for file in deploy.files()}
    assert kinds == KINDS


@pytest.mark.parametrize("file", KINDS)
def test_the_api_server_takes_it(lab: Lab, file: str) -> None:
    for manifest in deploy.documents(file, namespace=lab.namespace):
        # No manifest says where it belongs: whoever applies it does.
        assert "namespace" not in manifest["metadata"]
        made = dry_run(lab, manifest)
        assert made["kind"] == manifest["kind"]
        for subject in manifest.get("subjects", []):
            assert subject.get("namespace", lab.namespace) == lab.namespace


@pytest.mark.parametrize("file", [file for file, kinds in KINDS.items() if "RayCluster" in kinds])
def test_a_field_that_is_misspelt_is_noticed(lab: Lab, file: str) -> None:
    """The control of the test before: what is applied is looked at."""
    (manifest,) = deploy.documents(file)
    spec = manifest["spec"]
    container = spec["headGroupSpec"]["template"]["spec"]["containers"][0]
    for place in filter(None, (spec.get("authOptions"), spec["workerGroupSpecs"][0], container)):
        place["enableK8STokenAuth"] = True
        with pytest.raises(RefusedByApi, match="enableK8STokenAuth"):
            dry_run(lab, manifest)
        del place["enableK8STokenAuth"]


def test_a_secret_and_kubernetes_mode_do_not_go_together(lab: Lab) -> None:
    (manifest,) = deploy.documents("raycluster-kubernetes.yaml")
    manifest["spec"]["authOptions"]["secretName"] = "ray-token"
    with pytest.raises(RefusedByApi, match="does not go together"):
        dry_run(lab, manifest)


@pytest.mark.parametrize("file", ["raycluster-token-by-hand.yaml", "raycluster-kubernetes-by-hand.yaml"])
def test_by_hand_every_container_has_the_same(file: str) -> None:
    (manifest,) = deploy.documents(file)
    spec = manifest["spec"]
    pods = [group["template"]["spec"] for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"])]
    names = [[variable["name"] for variable in pod["containers"][0]["env"]] for pod in pods]
    assert all(found == names[0] and "RAY_AUTH_MODE" in found for found in names)
    assert all(pod.get("volumes") == pods[0].get("volumes") for pod in pods)


def test_the_published_bindings_let_the_published_accounts_in(lab: Lab) -> None:
    """Made in earnest: the accounts may what the guide says, in this namespace, and nothing else."""
    binding = None
    for manifest in deploy.documents("accounts.yaml", namespace=lab.namespace):
        if manifest["kind"] == "ClusterRoleBinding":
            assert manifest["metadata"]["name"] == f"ray-authenticator-{lab.namespace}"
            binding = f"{deploy.path_of(manifest, '')}/{manifest['metadata']['name']}"
        lab.admin.create(deploy.path_of(manifest, lab.namespace), manifest)
    assert binding is not None
    try:
        for name in ("ray-cluster", "ray-user"):
            user = {"username": f"system:serviceaccount:{lab.namespace}:{name}"}
            lab.admin.wait_until(True, user, "lab", lab.namespace)
            assert lab.admin.review_access(user, "lab", "default")["allowed"] is False
            assert lab.admin.review_access(user, "lab", lab.namespace, "get")["allowed"] is False
    finally:
        lab.admin.delete(binding)


def secret(lab: Lab, *arguments: str) -> Output:
    command = [ours.tool(), "secret", "--name", "ray-token", "--namespace", lab.namespace, *arguments]
    return run(command, ray_env.plain(lab.folder / "home"))


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_the_secret_that_the_tool_prints(lab: Lab, form: str) -> None:
    # Redacted as it is, it is still a manifest; the tokens are other texts then.
    printed = secret(lab, *(["--json"] if form == "json" else []))
    assert printed.exit_code == 0, printed
    manifest = json.loads(printed.stdout) if form == "json" else yaml.safe_load(printed.stdout)
    assert manifest["metadata"] == {"name": "ray-token", "namespace": lab.namespace}
    assert dry_run(lab, manifest)["type"] == "Opaque"


def test_the_secret_is_what_the_tool_reads(lab: Lab) -> None:
    """Both keys are one token, and a keyring made of it starts a server."""
    command = [ours.tool(), "secret", "--name", "ray-token", "--namespace", lab.namespace]
    printed = run_unredacted(command, ray_env.plain(lab.folder / "home"))
    manifest = yaml.safe_load(printed.stdout)
    made = dry_run(lab, manifest)
    keys = {name: base64.b64decode(value).decode() for name, value in made["data"].items()}
    assert set(keys) == {"auth_token", "keyring"}
    assert redaction.GENERATED.fullmatch(keys["auth_token"])
    assert keys["keyring"].splitlines()[0] == keys["auth_token"]
    keyring = lab.folder / "keyring"
    keyring.write_text(keys["keyring"])
    keyring.chmod(0o600)
    home = lab.folder / "home"
    with ours.gcs(lab.folder, ray_env.plain(home, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN_PATH=str(keyring))) as address:
        exit_code, answer = ours.check(address, ray_env.with_token(home, keys["auth_token"]))
        assert (exit_code, answer["accepted"]) == (0, True)
