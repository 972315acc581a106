"""`ray-auth check` against real Ray: what it says, what it exits with, and that it gives no token away."""

from __future__ import annotations

import re
from pathlib import Path

import grpc
import pytest

from support import net, ours, ray_env, real_ray, recorder, wire
from support.ray_env import Situation
from support.redaction import Token

ENFORCED = {"reachable": True, "enforced": True}


def cluster_id(gcs: str, token: Token) -> str:
    """Asked without any of our code."""
    with grpc.insecure_channel(gcs) as channel:
        call = channel.unary_unary("/ray.rpc.NodeInfoGcsService/GetClusterId")
        reply = call(b"", timeout=10, metadata=[("authorization", f"Bearer {token.reveal()}")])
    return wire.fields(reply)[2][0].hex()


def part_of(answer: dict, *fields: str) -> dict:
    return {name: answer[name] for name in fields}


@pytest.fixture(params=["gcs_server", "head"])
def gcs(request: pytest.FixtureRequest) -> str:
    server = request.getfixturevalue(request.param)
    return server.gcs if isinstance(server, real_ray.Head) else server


def test_right_token(gcs: str, home: Path, token: Token) -> None:
    exit_code, answer = ours.check(gcs, ray_env.with_token(home, token))
    assert part_of(answer, "reachable", "enforced", "accepted") == ENFORCED | {"accepted": True}
    assert answer["cluster_id"] == cluster_id(gcs, token)
    assert exit_code == 0


def test_wrong_token(gcs: str, home: Path, token: Token) -> None:
    exit_code, answer = ours.check(gcs, ray_env.of_client(home, token, Situation.WRONG))
    assert part_of(answer, "reachable", "enforced", "accepted") == ENFORCED | {"accepted": False}
    assert answer["cluster_id"] is None
    assert exit_code == 1


def test_our_token_comes_last(gcs_server: str, home: Path, token: Token) -> None:
    with recorder.in_front_of(gcs_server) as front:
        exit_code, _ = ours.check(front.address, ray_env.with_token(home, token))
        mine = f"Bearer {token.reveal()}"
        turns = ["mine" if mine in sent else "other" if sent else "none" for sent in front.credentials]
    assert exit_code == 0
    # Without one, with a random one, and only then with ours.
    assert re.fullmatch("none other( mine)+", " ".join(turns)), turns


def test_not_enforced(open_gcs_server: str, home: Path, token: Token) -> None:
    with recorder.in_front_of(open_gcs_server) as front:
        exit_code, answer = ours.check(front.address, ray_env.with_token(home, token))
        sent = [value for call in front.credentials for value in call]
    assert part_of(answer, "reachable", "enforced") == {"reachable": True, "enforced": False}
    assert exit_code == 1
    assert front.credentials, "nobody was asked"
    assert not any(token.reveal() in value for value in sent), "our token was given away"


def test_nobody_there(home: Path, token: Token) -> None:
    exit_code, answer = ours.check(f"127.0.0.1:{net.free_port()}", ray_env.with_token(home, token))
    assert part_of(answer, "reachable") == {"reachable": False}
    assert exit_code == 1
