"""Runs inside Ray: the Echo service behind Ray's own server interceptors, to hold our server against."""

import asyncio
import signal

import grpc
from ray._private.grpc_utils import create_grpc_server_with_interceptors

from support import wire


async def unary(request: bytes, _) -> bytes:
    return request


async def client_stream(requests, _) -> bytes:
    payloads = [wire.fields(message).get(1, [b""])[0] async for message in requests]
    return wire.bytes_field(1, b"".join(payloads))


async def server_stream(request: bytes, _):
    message = wire.fields(request)
    for _ in range(message[2][0]):
        yield wire.bytes_field(1, message[1][0])


async def bidi(requests, _):
    async for message in requests:
        yield message


async def main() -> None:
    server = create_grpc_server_with_interceptors(asynchronous=True)
    methods = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "ClientStream": grpc.stream_unary_rpc_method_handler(client_stream),
        "ServerStream": grpc.unary_stream_rpc_method_handler(server_stream),
        "Bidi": grpc.stream_stream_rpc_method_handler(bidi),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("ray_auth.testing.v1.Echo", methods)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    await server.stop(grace=None)


asyncio.run(main())
