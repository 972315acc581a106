"""Mutual TLS by Ray's variables, with the token inside: our client against a real GCS, and Ray's clients against ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from support import folder, ours, ray_env, real_clients, real_ray
from support.certificates import LOOPBACK, Authority, Files
from support.process import Output, run
from support.ray_env import Situation
from support.redaction import Token

CLUSTER_ID = "/ray.rpc.NodeInfoGcsService/GetClusterId"
REFUSAL = "RPC error: InvalidAuthToken: Authentication token is missing or incorrect"


@dataclass(frozen=True)
class Cluster:
    """An authority, another one, and a place for certificates."""

    place: Path
    authority: Authority
    other: Authority
    server: Files


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with folder.with_home() as place:
        authority = Authority("ours")
        server = authority.files(place / "server", *LOOPBACK)
        yield Cluster(place, authority, Authority("another"), server)


@pytest.fixture
def member(cluster: Cluster, tmp_path: Path) -> Files:
    """A certificate of its own."""
    return cluster.authority.files(tmp_path / "member", *LOOPBACK)


@pytest.fixture
def foreign(cluster: Cluster, tmp_path: Path) -> Files:
    """A certificate of another authority, for a process that believes the server all the same."""
    return cluster.other.files(tmp_path / "foreign", *LOOPBACK, believes=cluster.authority)


@pytest.fixture
def unbelieving(cluster: Cluster, tmp_path: Path) -> Files:
    """The right certificate, for a process that does not believe the server."""
    return cluster.authority.files(tmp_path / "unbelieving", *LOOPBACK, believes=cluster.other)


@pytest.fixture(scope="module")
def real(cluster: Cluster, token: Token) -> Iterator[str]:
    """Real Ray's GCS, with TLS and the token."""
    with folder.with_home() as place:
        env = ray_env.with_token(place / "home", token) | cluster.server.variables()
        with real_ray.gcs_server(place, env) as address:
            yield address


@pytest.fixture(scope="module")
def served(cluster: Cluster, token: Token) -> Iterator[str]:
    """`ray-auth serve`, with TLS and the token."""
    with folder.with_home() as place:
        env = ray_env.with_token(place / "home", token) | cluster.server.variables()
        with ours.gcs(place, env) as address:
            yield address


@pytest.fixture(params=["real", "served"])
def gcs(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(request.param)


def probe(address: str, env: dict[str, str]) -> Output:
    return run([ours.probe(), "client", "--gcs", address], env)


@pytest.mark.parametrize("situation", Situation)
def test_our_client_with_a_certificate(
    gcs: str, home: Path, token: Token, member: Files, situation: Situation
) -> None:
    if situation is Situation.NONE:
        env = ray_env.with_token(home, token) | {"RAY_AUTH_PROBE_ATTACH": "none"}
    else:
        env = ray_env.of_client(home, token, situation)
    answered = ours.ask_probe("client", "--gcs", gcs, env=env | member.variables())
    expected = "OK" if situation is Situation.RIGHT else "UNAUTHENTICATED"
    assert set(answered["calls"].values()) == {expected}, answered


def test_our_client_with_the_servers_own_certificate(gcs: str, home: Path, token: Token, cluster: Cluster) -> None:
    env = ray_env.with_token(home, token) | cluster.server.variables()
    assert set(ours.ask_probe("client", "--gcs", gcs, env=env)["calls"].values()) == {"OK"}


def test_our_client_without_tls_gets_nothing(gcs: str, home: Path, token: Token) -> None:
    output = probe(gcs, ray_env.with_token(home, token))
    assert output.exit_code != 0 or '"OK"' not in output.stdout, output


def test_our_client_refuses_to_start_with_a_certificate_its_authority_did_not_issue(
    gcs: str, home: Path, token: Token, foreign: Files
) -> None:
    output = probe(gcs, ray_env.with_token(home, token) | foreign.variables())
    assert output.exit_code == 1, output
    assert "RAY_TLS_SERVER_CERT) was not issued by the authority's certificate" in output.stderr


def test_our_client_does_not_believe_another_authority(
    gcs: str, home: Path, token: Token, cluster: Cluster, tmp_path: Path
) -> None:
    of_other = cluster.other.files(tmp_path / "other", *LOOPBACK)
    output = probe(gcs, ray_env.with_token(home, token) | of_other.variables())
    assert output.exit_code == 1, output
    assert "the server's certificate was not issued by the authority in RAY_TLS_CA_CERT" in output.stderr


def test_our_client_does_not_believe_a_server_by_another_name(
    home: Path, token: Token, member: Files, cluster: Cluster, tmp_path: Path
) -> None:
    elsewhere = cluster.authority.files(tmp_path / "elsewhere", "elsewhere.example")
    with folder.with_home() as place:
        env = ray_env.with_token(place / "home", token) | elsewhere.variables()
        with real_ray.gcs_server(place, env) as address:
            output = probe(address, ray_env.with_token(home, token) | member.variables())
    assert output.exit_code == 1, output
    assert "the server's certificate is not for \"127.0.0.1\"" in output.stderr
    assert "elsewhere.example" in output.stderr


def test_check_with_a_certificate(gcs: str, home: Path, token: Token, member: Files) -> None:
    env = ray_env.with_token(home, token) | member.variables()
    for address in (gcs, f"https://{gcs}"):
        exit_code, said = ours.check(address, env)
        assert (exit_code, said["enforced"], said["accepted"]) == (0, True, True), said
    exit_code, said = ours.check(gcs, ray_env.with_token(home, token))
    assert exit_code == 1
    assert "RAY_USE_TLS=1" in said["problem"], said


def test_status_of_a_process_with_tls(served: str, home: Path, token: Token, member: Files) -> None:
    exit_code, said = ours.status_of(served, ray_env.with_token(home, token) | member.variables())
    assert exit_code == 0, said


@pytest.mark.parametrize("situation", Situation)
def test_rays_gcs_client_with_a_certificate(
    gcs: str, home: Path, token: Token, member: Files, situation: Situation
) -> None:
    report = real_clients.gcs_client(gcs, ray_env.of_client(home, token, situation) | member.variables())
    if situation is Situation.RIGHT:
        assert "answers" in report, report
    else:
        assert report.get("error") == "ray.exceptions.AuthenticationError", report
        assert report["text"].startswith(REFUSAL)


@pytest.mark.parametrize(
    ("who", "says"),
    [("foreign", "ALERT_UNKNOWN_CA"), ("unbelieving", "CERTIFICATE_VERIFY_FAILED"), ("plaintext", "")],
)
def test_rays_gcs_client_without_a_certificate_that_fits(
    served: str, home: Path, token: Token, who: str, says: str, request: pytest.FixtureRequest
) -> None:
    variables = {} if who == "plaintext" else request.getfixturevalue(who).variables()
    output = real_clients.gcs_client_that_gives_up(served, ray_env.with_token(home, token) | variables)
    assert (output.exit_code, output.stdout) == (1, ""), output
    assert "Failed to connect to GCS" in output.stderr and says in output.stderr, output


def test_rays_gcs_client_does_not_believe_a_server_by_another_name(
    home: Path, token: Token, member: Files, cluster: Cluster, tmp_path: Path
) -> None:
    elsewhere = cluster.authority.files(tmp_path / "elsewhere", "elsewhere.example")
    with folder.with_home() as place:
        env = ray_env.with_token(place / "home", token) | elsewhere.variables()
        with ours.gcs(place, env) as address:
            output = real_clients.gcs_client_that_gives_up(address, ray_env.with_token(home, token) | member.variables())
    assert (output.exit_code, output.stdout) == (1, ""), output
    assert "Failed to connect to GCS" in output.stderr, output


def test_grpcio_with_and_without_a_client_certificate(
    gcs: str, cluster: Cluster, token: Token, foreign: Files
) -> None:
    roots = cluster.server.authority.read_bytes()
    metadata = [("authorization", f"Bearer {token.reveal()}")]
    own = cluster.server.key.read_bytes(), cluster.server.certificate.read_bytes()
    for credentials, expected in [
        (grpc.ssl_channel_credentials(roots), grpc.StatusCode.UNAVAILABLE),
        (
            grpc.ssl_channel_credentials(roots, foreign.key.read_bytes(), foreign.certificate.read_bytes()),
            grpc.StatusCode.UNAVAILABLE,
        ),
        (grpc.ssl_channel_credentials(roots, *own), grpc.StatusCode.OK),
    ]:
        with grpc.secure_channel(gcs, credentials) as channel:
            call = channel.unary_unary(CLUSTER_ID)
            try:
                call(b"", timeout=10, metadata=metadata)
                code = grpc.StatusCode.OK
            except grpc.RpcError as error:
                code = error.code()
        assert code is expected
