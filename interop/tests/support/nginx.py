"""Real nginx in front of packages: TLS, and logins from an htpasswd file."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support import net, ray_env
from support.certificates import Files
from support.process import Server

#: Debian puts it where the `PATH` of people does not lead.
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"

# What sends to other servers stands behind the password: a `return` in its place would be answered before that is asked
# for.
_CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr info;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/temporary-body;
    proxy_temp_path {folder}/temporary-proxy;
    fastcgi_temp_path {folder}/temporary-fastcgi;
    uwsgi_temp_path {folder}/temporary-uwsgi;
    scgi_temp_path {folder}/temporary-scgi;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {folder}/packages;
    index package.zip;
    auth_basic "packages";
    auth_basic_user_file {folder}/htpasswd;

    server {{
        listen 127.0.0.1:{port} ssl;
        server_name a.test;
        location /to-b/ {{ proxy_pass http://unix:{folder}/b.sock; }}
        location /to-plain/ {{ proxy_pass http://unix:{folder}/plain.sock; }}
    }}
    server {{
        listen 127.0.0.1:{other} ssl;
        server_name b.test;
        auth_basic_user_file {folder}/htpasswd-of-b;
    }}
    server {{
        listen 127.0.0.1:{plain};
        server_name a.test;
    }}
    server {{
        listen unix:{folder}/b.sock;
        access_log off;
        auth_basic off;
        return 302 https://b.test:{other}/package.zip;
    }}
    server {{
        listen unix:{folder}/plain.sock;
        access_log off;
        auth_basic off;
        return 302 http://a.test:{plain}/package.zip;
    }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """Where it is asked: `https` on two ports, `http` on the third."""

    folder: Path
    port: int
    other: int
    plain: int

    def log(self) -> str:
        """Which requests it had, as nginx writes it by itself: a moment after each was answered."""
        return (self.folder / "access.log").read_text()

    def error_log(self) -> str:
        return (self.folder / "nginx.err").read_text()

    def package(self, name: str) -> Path:
        return self.folder / "packages" / name


@contextmanager
def running(
    folder: Path, files: Files, logins: Mapping[str, str], logins_of_b: Mapping[str, str]
) -> Iterator[Nginx]:
    """nginx with these logins and their passwords. Gives it with an empty folder of packages."""
    nginx = Nginx(folder, net.free_port(), net.free_port(), net.free_port())
    nginx.package("").mkdir()
    for name, known in (("htpasswd", logins), ("htpasswd-of-b", logins_of_b)):
        lines = (f"{login}:{_hashed(password)}\n" for login, password in known.items())
        (folder / name).write_text("".join(lines))
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            # Otherwise the workers of a root's nginx are somebody else, who may not read this folder.
            user="user root;" if os.geteuid() == 0 else "",
            folder=folder,
            certificate=files.certificate,
            key=files.key,
            port=nginx.port,
            other=nginx.other,
            plain=nginx.plain,
        )
    )
    server = Server("nginx", [_program(), "-p", folder, "-c", configuration], ray_env.plain(folder / "home"), folder)
    try:
        for port in (nginx.port, nginx.other, nginx.plain):
            server.wait_until_up(lambda: net.accepts(f"127.0.0.1:{port}"))
        yield nginx
    finally:
        server.end()


def _program() -> str:
    program = os.environ.get("INTEROP_NGINX") or shutil.which("nginx", path=_PATH)
    if program is None:
        raise RuntimeError("nginx not found; install Debian's nginx, or name the program in INTEROP_NGINX")
    return program


def _hashed(password: str) -> str:
    """As `htpasswd` has it: SHA-1 with salt (RFC 2307), of which the bytes are UTF-8's."""
    salt = secrets.token_bytes(8)
    return "{SSHA}" + base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()
