"""An OpenID provider, as a cloud or a company has: all of it that an API server asks for."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from api.jwt import Signer
from api.pki import Authority

# What its tokens are for.
CLIENT = "ray-users"
PREFIX = "corp:"


class Provider:
    def __init__(self, folder: Path, port: int):
        self._authority = Authority(folder)
        self.serving = self._authority.server()
        self.signer = Signer(f"https://127.0.0.1:{port}")

    def token(self, user: str, *, groups: list[str], ends_in: int = 600, audience: str = CLIENT) -> str:
        return self.signer.sign(user, audience, ends_in=ends_in, groups=groups)

    def authentication_configuration(self) -> str:
        """What tells an API server to believe this provider. JSON is YAML."""
        issuer = {
            "url": self.signer.issuer,
            "certificateAuthority": self._authority.certificate.read_text(),
            "audiences": [CLIENT],
        }
        mappings = {
            "username": {"claim": "sub", "prefix": PREFIX},
            "groups": {"claim": "groups", "prefix": PREFIX},
        }
        return json.dumps(
            {
                "apiVersion": "apiserver.config.k8s.io/v1",
                "kind": "AuthenticationConfiguration",
                "anonymous": {"enabled": False},
                "jwt": [{"issuer": issuer, "claimMappings": mappings}],
            }
        )

    def answer_to(self, path: str) -> dict | None:
        issuer = self.signer.issuer
        return {
            "/.well-known/openid-configuration": {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/keys",
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            },
            "/keys": {"keys": [self.signer.public_jwk()]},
        }.get(path)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    provider: Provider
    context: ssl.SSLContext

    def get_request(self):  # noqa: ANN201
        connection, address = super().get_request()
        connection.settimeout(10)
        # The handshake comes with the first byte that is read, in the thread of the connection.
        return self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, *_: object) -> None:
        """A peer that went away is nobody's fault."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answer = self.server.provider.answer_to(self.path)
        body = json.dumps(answer).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def provider(folder: Path) -> Iterator[Provider]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.provider = Provider(folder, server.server_address[1])
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(server.provider.serving.certificate, server.provider.serving.key)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.provider
        finally:
            server.shutdown()
            thread.join()
