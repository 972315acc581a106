"""The table of what Ray does with every kind of `authorization` header, put to real Ray once more.

`cargo test` puts the same rows to our server. A row that fails here says that Ray has changed, or that it was
observed wrongly.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support import folder, ours, ray_env, real_ray

TABLE = json.loads((Path(__file__).parents[2] / "tests/vectors/headers.json").read_text())

# The rows spell out the token of their server; it is nobody's secret.
SERVER_TOKEN = "owntoken"


def of_client_server(row: dict[str, Any]) -> bool:
    return row["name"].startswith("client_server_")


# Which rows a peer is asked. For the raylet these are the rows that were seen to be the same there.
PEERS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "ray-gcs": lambda row: not of_client_server(row),
    "ray-raylet": lambda row: row.get("raylet_same") is True,
    "ray-client-server": of_client_server,
}

# Between its soft limit for a header list, 8 KiB, and its hard one, gRPC refuses at random, the more likely the longer:
# this list, about one time in fifty. The row's own note says so, too.
AT_RANDOM = {"value_8000B": "grpc-status: expected Some(16), got Some(8)"}


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    """The address of each peer."""
    with folder.with_home() as place:
        env = ray_env.with_token(place / "home", SERVER_TOKEN)
        with real_ray.head(place, env) as head:
            yield {
                "ray-gcs": head.gcs,
                "ray-raylet": head.raylet,
                "ray-client-server": head.client_server,
            }


@pytest.mark.parametrize("peer", PEERS)
def test_every_row(addresses: dict[str, str], home: Path, peer: str) -> None:
    env = ray_env.plain(home, TABLE_TOKEN=SERVER_TOKEN)
    arguments = ["--address", addresses[peer], "--token-env", "TABLE_TOKEN", "--peer", peer]
    rows = ours.ask_probe("headers", *arguments, env=env)["rows"]
    differences = {row["name"]: row["difference"] for row in rows if not row["ok"]}
    assert {name: text for name, text in differences.items() if AT_RANDOM.get(name) != text} == {}
    assert sorted(row["name"] for row in rows) == sorted(row["name"] for row in TABLE if PEERS[peer](row))
