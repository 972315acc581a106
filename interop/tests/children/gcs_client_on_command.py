"""Runs inside Ray: a process with `GcsClient`s that stay. For each line on stdin, which is an address, it asks the GCS
there once, and prints a line: OK, or the error. An empty line only asks whether it is ready. Ends when stdin does.
"""

import sys

from ray._raylet import GcsClient
from ray.exceptions import RayError

SECONDS = 20

clients: dict[str, GcsClient] = {}


def ask(address: str) -> str:
    try:
        if address not in clients:
            clients[address] = GcsClient(address=address)
        clients[address].internal_kv_keys(b"", None, timeout=SECONDS)
    except RayError as error:
        return f"{type(error).__module__}.{type(error).__qualname__}"
    return "OK"


for line in sys.stdin:
    address = line.strip()
    print(ask(address) if address else "ready", flush=True)
