"""Four clients that others wrote, behind one face: open at a position, give items with the place each leads to, be killed."""

import asyncio
import contextlib
import json
from urllib.parse import urlencode

import aiohttp
import httpx
import httpx_sse

PATIENCE = 15


def query(channels, since, **more):
    asked = [("channel", channel) for channel in channels]
    if since is not None:
        asked.append(("since", since))
    return urlencode(asked + list(more.items()))


def position_of(item):
    return item.get("id") or item.get("position")


async def curl(chat, channels, since):
    """`curl -N`, its lines read by hand."""
    address = f"{chat.address}/chat/sse?{query(channels, since)}"
    process = await asyncio.create_subprocess_exec("curl", "-sN", address, stdout=asyncio.subprocess.PIPE)
    try:
        place = None
        async for line in process.stdout:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "id":
                place = value
            elif field == "data":
                yield value, place
    finally:
        process.kill()
        await process.wait()


async def httpx_events(chat, channels, since):
    """httpx-sse."""
    address = f"{chat.address}/chat/sse?{query(channels, since)}"
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        async with httpx_sse.aconnect_sse(client, "GET", address) as source:
            async for message in source.aiter_sse():
                yield message.data, message.id


async def aiohttp_socket(chat, channels, since):
    """aiohttp's WebSocket."""
    address = f"{chat.address}/chat/ws?{query(channels, since)}"
    async with aiohttp.ClientSession() as client:
        async with client.ws_connect(address, protocols=["triwire.v1"]) as socket:
            assert socket.protocol == "triwire.v1"
            try:
                async for message in socket:
                    yield message.data, position_of(json.loads(message.data))
            finally:
                # Torn off without a word: closing would be polite, and a kill is not.
                socket._response.connection.transport.abort()


async def aiohttp_poll(chat, channels, since):
    """aiohttp in a loop. Items are cut out of the answer as they stand, to compare their bytes."""
    async with aiohttp.ClientSession() as client:
        while True:
            async with client.get(f"{chat.address}/chat/poll?{query(channels, since, wait=5)}") as answer:
                assert answer.status == 200, await answer.text()
                text = await answer.text()
            for raw in raw_items(text):
                yield raw, position_of(json.loads(raw))
            since = json.loads(text)["position"]
            yield json.dumps({"position": since}), since


def raw_items(text):
    decoder = json.JSONDecoder()
    at = text.index('"items":[') + len('"items":[')
    while text[at] != "]":
        _, end = decoder.raw_decode(text, at)
        yield text[at:end]
        at = end + (text[end] == ",")


WIRES = {"curl": curl, "httpx-sse": httpx_events, "aiohttp ws": aiohttp_socket, "aiohttp poll": aiohttp_poll}


class Reader:
    """One client at work. `events` are the items as they came, `gaps` what it was told, `position` where it is."""

    def __init__(self, name, chat, channels, since=None):
        self.name = name
        self.events, self.gaps = [], []
        self.position = since
        self.wire = WIRES[name](chat, channels, since)

    async def next(self):
        raw, place = await asyncio.wait_for(anext(self.wire), PATIENCE)
        item = json.loads(raw)
        self.position = place or self.position
        if "event" in item:
            self.events.append(raw)
        if "gap" in item:
            assert not self.events, f"{self.name}: a gap after events: {raw}"
            self.gaps.append(item["gap"])
        return item

    async def until(self, holds):
        while not holds(self):
            await self.next()
        return self

    async def has(self, events):
        return await self.until(lambda reader: len(reader.events) >= events)

    async def kill(self):
        await self.wire.aclose()

    @property
    def texts(self):
        return [json.loads(raw)["event"]["text"] for raw in self.events]


@contextlib.asynccontextmanager
async def reader(name, chat, channels, since=None):
    begun = Reader(name, chat, channels, since)
    try:
        yield begun
    finally:
        await begun.kill()
