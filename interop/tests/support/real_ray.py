"""Real Ray: its GCS alone, and a whole head node."""

from __future__ import annotations

import base64
import secrets
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from support import net, wire
from support.process import Server
from support.ray_env import BIN

RAY = BIN / "ray"
PYTHON = BIN / "python"
VERSION = "2.60.0"

_GCS_SERVER = Path(sysconfig.get_path("platlib"), "ray/core/src/ray/gcs/gcs_server")


@dataclass(frozen=True)
class Head:
    gcs: str
    raylet: str
    client_server: str


@contextmanager
def gcs_server(folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Ray's GCS on its own: up within a tenth of a second. Gives its address."""
    node_id = secrets.token_hex(28)
    port_file = folder / f"gcs_server_port_{node_id}"
    server = Server(
        "gcs_server",
        [
            _GCS_SERVER,
            f"--config_list={base64.b64encode(b'{}').decode()}",
            "--gcs_server_port=0",
            "--node-ip-address=127.0.0.1",
            "--session-name=interop",
            f"--session-dir={folder}",
            f"--log_dir={folder}",
            f"--node-id={node_id}",
        ],
        env,
        folder,
    )
    try:
        yield server.wait_until_up(lambda: _address_in(port_file))
    finally:
        # Ray loses a SIGTERM that comes while it is starting, so it may have to be killed; nothing of it stays anyway.
        server.end(patience=5)


@contextmanager
def head(folder: Path, env: Mapping[str, str]) -> Iterator[Head]:
    """What `ray start --head` starts, without the dashboard and what else only watches."""
    sessions = folder / "r"
    server, client_server = _start_head(folder, sessions, env)
    try:
        gcs = server.wait_until_up(lambda: _address_in(*sessions.glob("session_2*/gcs_server_port_*")))
        raylet = server.wait_until_up(lambda: _raylet_of(gcs, env.get("RAY_AUTH_TOKEN")))
        server.wait_until_up(lambda: net.accepts(client_server))
        yield Head(gcs, raylet, client_server)
    finally:
        server.end()


def _start_head(folder: Path, sessions: Path, env: Mapping[str, str]) -> tuple[Server, str]:
    # The one port that Ray will not choose itself.
    client_server_port = net.free_port()
    server = Server(
        "ray_head",
        [
            *(RAY, "start", "--head", "--block", "--disable-usage-stats"),
            "--node-ip-address=127.0.0.1",
            "--port=0",
            f"--ray-client-server-port={client_server_port}",
            "--dashboard-agent-listen-port=0",
            "--min-worker-port=0",
            "--max-worker-port=0",
            "--num-cpus=1",
            "--object-store-memory=80000000",
            "--include-dashboard=false",
            "--include-log-monitor=false",
            "--no-monitor",
            f"--temp-dir={sessions}",
        ],
        env,
        folder,
    )
    return server, f"127.0.0.1:{client_server_port}"


def _address_in(*port_files: Path) -> str | None:
    for file in port_files:
        # The file can be seen before its number is in it.
        if file.exists() and (port := file.read_text().strip()):
            address = f"127.0.0.1:{port}"
            return address if net.accepts(address) else None
    return None


def _raylet_of(gcs: str, token: str | None) -> str | None:
    """The address of the one raylet, once the GCS knows it and it can be called."""
    with grpc.insecure_channel(gcs) as channel:
        call = channel.unary_unary("/ray.rpc.NodeInfoGcsService/GetAllNodeInfo")
        metadata = [("authorization", f"Bearer {token}")] if token else []
        try:
            reply = wire.fields(call(b"", timeout=5, metadata=metadata))
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                return None
            raise
    # GetAllNodeInfoReply.node_info_list = 2, GcsNodeInfo.node_manager_port = 5.
    nodes = [wire.fields(node) for node in reply.get(2, [])]
    for node in nodes:
        address = f"127.0.0.1:{node[5][0]}"
        if net.accepts(address):
            return address
    return None
