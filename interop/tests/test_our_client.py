"""Our client layer against real Ray: its GCS alone, and a head with its raylet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support import ours, ray_env, real_ray
from support.ray_env import Situation
from support.redaction import Token

GCS_CALLS = [
    "GetClusterId",
    "CheckAlive",
    "GetAllNodeInfo",
    "InternalKVPut",
    "InternalKVExists",
    "InternalKVGet",
    "InternalKVKeys",
    "InternalKVDel",
]
RAYLET_CALLS = ["GetSystemConfig", "GetAgentPIDs"]


def ask(home: Path, token: Token, situation: Situation, *arguments: str) -> dict[str, Any]:
    """What the probe's calls came to."""
    if situation is Situation.NONE:
        # In token mode and with the right token, but without the layer that would attach it.
        env = ray_env.with_token(home, token) | {"RAY_AUTH_PROBE_ATTACH": "none"}
    else:
        env = ray_env.of_client(home, token, situation)
    return ours.ask_probe("client", *arguments, env=env)


def expected(methods: list[str], situation: Situation, nodes: int) -> dict[str, Any]:
    if situation is not Situation.RIGHT:
        facts = dict.fromkeys(["cluster_id_bytes", "ray_version", "nodes", "value_came_back"])
        return {"calls": dict.fromkeys(methods, "UNAUTHENTICATED"), "facts": facts}
    facts = {"cluster_id_bytes": 28, "ray_version": real_ray.VERSION, "nodes": nodes, "value_came_back": True}
    return {"calls": dict.fromkeys(methods, "OK"), "facts": facts}


@pytest.mark.parametrize("situation", Situation)
def test_gcs_server(gcs_server: str, home: Path, token: Token, situation: Situation) -> None:
    assert ask(home, token, situation, "--gcs", gcs_server) == expected(GCS_CALLS, situation, nodes=0)


@pytest.mark.parametrize("situation", Situation)
def test_head(head: real_ray.Head, home: Path, token: Token, situation: Situation) -> None:
    answered = ask(home, token, situation, "--gcs", head.gcs, "--raylet", head.raylet)
    assert answered == expected(GCS_CALLS + RAYLET_CALLS, situation, nodes=1)
