"""Callers of our server."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc

METHOD = "/ray.rpc.InternalKVGcsService/InternalKVKeys"
SECONDS = 20

# Ray's own words, whatever the reason.
REFUSAL = "InvalidAuthToken: Authentication token is missing or incorrect"


@dataclass(frozen=True)
class Answer:
    status: str
    message: str
    seconds: float


def call(address: str, token: str | None, *, seconds: float = SECONDS) -> Answer:
    """One call on a connection of its own."""
    with grpc.insecure_channel(address, [("grpc.enable_retries", 0)]) as channel:
        return _call(channel, token, seconds)


def calls_at_once(address: str, tokens: Sequence[str]) -> list[Answer]:
    """One call for each token, all on one connection and at the same time."""
    with grpc.insecure_channel(address, [("grpc.enable_retries", 0)]) as channel, ThreadPoolExecutor(len(tokens)) as pool:
        grpc.channel_ready_future(channel).result(SECONDS)
        return list(pool.map(lambda token: _call(channel, token, SECONDS), tokens))


def _call(channel: grpc.Channel, token: str | None, seconds: float) -> Answer:
    metadata = [] if token is None else [("authorization", f"Bearer {token}")]
    began = time.monotonic()
    try:
        channel.unary_unary(METHOD)(b"", timeout=seconds, metadata=metadata)
    except grpc.RpcError as error:
        return Answer(error.code().name, error.details() or "", time.monotonic() - began)
    return Answer("OK", "", time.monotonic() - began)
