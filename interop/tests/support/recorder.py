"""Stands between a client and a server, passes unary calls on as they are, and keeps what callers presented."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc


@dataclass
class Recorder:
    address: str = ""
    #: Of each call in turn: all `authorization` values, in whatever header a token could travel.
    credentials: list[list[str]] = field(default_factory=list)


@contextmanager
def in_front_of(server: str) -> Iterator[Recorder]:
    recorder = Recorder()
    with grpc.insecure_channel(server) as channel, ThreadPoolExecutor(4) as workers:
        front = grpc.server(workers)
        front.add_generic_rpc_handlers([_PassOn(channel, recorder)])
        recorder.address = f"127.0.0.1:{front.add_insecure_port('127.0.0.1:0')}"
        front.start()
        try:
            yield recorder
        finally:
            front.stop(grace=None).wait(10)


class _PassOn(grpc.GenericRpcHandler):
    def __init__(self, channel: grpc.Channel, recorder: Recorder):
        self._channel = channel
        self._recorder = recorder

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        # What gRPC itself adds is not the caller's, and is added again on the way on.
        metadata = [(key, value) for key, value in details.invocation_metadata if key != "user-agent"]
        self._recorder.credentials.append([str(value) for _, value in metadata])
        call = self._channel.unary_unary(details.method)

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                return call(request, metadata=metadata, timeout=10)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
                raise AssertionError("abort raises") from error

        return grpc.unary_unary_rpc_method_handler(answer)
