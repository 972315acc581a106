"""Runs inside Ray: downloads what its stdin names, as the runtime_env agent does, and prints how each download ended.

Each line is one download: its variables, its URI, and the file to write, or the folder to unpack it in. Ray and
`requests` read the variables with each download. Names lead where `INTEROP_ADDRESSES` says: to loopback, and where a URI
has no port to that one.
"""

import asyncio
import json
import os
import socket
import sys

from ray._private.runtime_env.packaging import _parse_uri as parse_uri
from ray._private.runtime_env.packaging import download_and_unpack_package

ADDRESSES = json.loads(os.environ["INTEROP_ADDRESSES"])
VARIABLES = ("HOME", "NETRC", "RAY_RUNTIME_ENV_BEARER_TOKEN")

resolved = socket.getaddrinfo


def resolve(host: str, port: int, *arguments: object, **more: object) -> object:
    if host in ADDRESSES["names"]:
        host = "127.0.0.1"
        port = ADDRESSES["port"] if port in (80, 443) else port
    return resolved(host, port, *arguments, **more)


def download(variables: dict[str, str], uri: str, file: str | None = None, folder: str | None = None) -> dict[str, str]:
    for name in VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(variables)
    try:
        if folder:
            return {"unpacked": asyncio.run(download_and_unpack_package(uri, folder))}
        protocol, _ = parse_uri(uri)
        protocol.download_remote_uri(source_uri=uri, dest_file=file)
    except Exception as error:
        kind = type(error)
        module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
        return {"error": f"{module}{kind.__qualname__}", "text": str(error)}
    return {}


socket.getaddrinfo = resolve
for line in sys.stdin:
    print(json.dumps(download(**json.loads(line))), flush=True)
