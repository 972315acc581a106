"""Runs inside Ray: asks a GCS everything a `GcsClient` can ask, and prints the answers as JSON.

A program of its own, because Ray reads its environment once, when it is imported.
"""

import json
import sys

from ray._raylet import GcsClient, NodeID
from ray.exceptions import RayError

SECONDS = 20


def ask(client: GcsClient) -> dict[str, object]:
    a, b, empty, missing, space = b"interop/a", b"interop/b", b"interop/empty", b"interop/missing", b"interop-space"
    kv = lambda name, *arguments: getattr(client, f"internal_kv_{name}")(*arguments, timeout=SECONDS)
    nobody = NodeID.from_random()
    return {
        "cluster_id": client.cluster_id.hex(),
        "put": kv("put", a, b"1\x00\xff", False, space),
        "put again, keeping": kv("put", a, b"2", False, space),
        "get kept": kv("get", a, space),
        "put again, overwriting": kv("put", a, b"3", True, space),
        "get overwritten": kv("get", a, space),
        "put b": kv("put", b, b"4", False, space),
        "put empty": kv("put", empty, b"", False, space),
        "get empty": kv("get", empty, space),
        "get missing": kv("get", missing, space),
        "get in no namespace": kv("get", a, None),
        "multi-get": kv("multi_get", [a, b, missing], space),
        "exists": kv("exists", a, space),
        "exists missing": kv("exists", missing, space),
        "keys": sorted(kv("keys", b"interop/", space)),
        "keys of no such prefix": kv("keys", b"nothing/", space),
        "del": kv("del", a, False, space),
        "del again": kv("del", a, False, space),
        "get deleted": kv("get", a, space),
        "del by prefix": kv("del", b"interop/", True, space),
        "keys after": kv("keys", b"", space),
        "check_alive": client.check_alive([nobody], timeout=SECONDS),
        "nodes": len(client.get_all_node_info(timeout=SECONDS)),
    }


def readable(value: object) -> object:
    match value:
        case bytes():
            return value.decode("latin-1")
        case dict():
            return {readable(key): readable(entry) for key, entry in value.items()}
        case list() | tuple():
            return [readable(entry) for entry in value]
    return value


try:
    report = {"answers": readable(ask(GcsClient(address=sys.argv[1])))}
except RayError as error:
    kind = type(error)
    report = {"error": f"{kind.__module__}.{kind.__qualname__}", "text": str(error)}
json.dump(report, sys.stdout)
