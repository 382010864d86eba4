"""A name server for which every name has the same address."""

import asyncio
import struct


class Names(asyncio.DatagramProtocol):
    """Answers each query for an IPv4 address with `address`, and all others with no record."""

    def __init__(self, address):
        self.address = bytes(map(int, address.split(".")))

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        end = data.index(0, 12) + 5
        is_a = data[end - 4 : end - 2] == b"\0\1"
        head = data[:2] + b"\x81\x80" + data[4:6] + struct.pack(">HHH", int(is_a), 0, 0)
        record = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 60, 4) + self.address
        self.transport.sendto(head + data[12:end] + (record if is_a else b""), sender)


async def name_server(address):
    """Starts a name server. Returns its port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Names(address), ("127.0.0.1", 0))
    return transport.get_extra_info("sockname")[1]
