"""Real Ray: its GCS alone, and a whole head node, with its dashboard or without."""

from __future__ import annotations

import base64
import http.client
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


@dataclass(frozen=True)
class DashboardHead:
    """Where a head node is asked on HTTP."""

    dashboard: str
    agent: str


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
    client_server = _free_address()
    arguments = ["--include-dashboard=false", "--dashboard-agent-listen-port=0"]
    with _head(folder, env, client_server, *arguments) as server:
        gcs = server.wait_until_up(lambda: _address_in(*(folder / "r").glob("session_2*/gcs_server_port_*")))
        raylet = server.wait_until_up(lambda: _raylet_of(gcs, env.get("RAY_AUTH_TOKEN")))
        server.wait_until_up(lambda: net.accepts(client_server))
        yield Head(gcs, raylet, client_server)


@contextmanager
def dashboard_head(folder: Path, env: Mapping[str, str]) -> Iterator[DashboardHead]:
    """A head node with its dashboard and its dashboard agent, which takes jobs: up within six to ten seconds."""
    addresses = DashboardHead(_free_address(), _free_address())
    arguments = [
        "--include-dashboard=true",
        "--dashboard-host=127.0.0.1",
        f"--dashboard-port={_port_of(addresses.dashboard)}",
        f"--dashboard-agent-listen-port={_port_of(addresses.agent)}",
    ]
    token = env.get("RAY_AUTH_TOKEN")
    with _head(folder, env, _free_address(), *arguments) as server:
        # The jobs module answers the first, and the raylet must be known for the second; jobs need all three.
        for address, path in [
            (addresses.dashboard, "/api/version"),
            (addresses.agent, "/api/local_raylet_healthz"),
            (addresses.dashboard, "/api/jobs/"),
        ]:
            server.wait_until_up(lambda: _answers(address, path, token), 90)
        yield addresses


@contextmanager
def _head(folder: Path, env: Mapping[str, str], client_server: str, *arguments: str) -> Iterator[Server]:
    server = Server(
        "ray_head",
        [
            *(RAY, "start", "--head", "--block", "--disable-usage-stats"),
            "--node-ip-address=127.0.0.1",
            "--port=0",
            # A port that Ray will not choose itself.
            f"--ray-client-server-port={_port_of(client_server)}",
            "--min-worker-port=0",
            "--max-worker-port=0",
            "--num-cpus=1",
            "--object-store-memory=80000000",
            "--include-log-monitor=false",
            "--no-monitor",
            f"--temp-dir={folder / 'r'}",
            *arguments,
        ],
        env,
        folder,
    )
    try:
        yield server
    finally:
        server.end()


def _free_address() -> str:
    return f"127.0.0.1:{net.free_port()}"


def _port_of(address: str) -> str:
    return address.rpartition(":")[2]


def _answers(address: str, path: str, token: str | None) -> bool:
    """Whether the answer to a GET is 200."""
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


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
