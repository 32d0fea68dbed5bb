"""What clients send that is wrong: an answer with its code, or a gap, and the stream goes on."""

import json
import unittest

import aiohttp
import httpx_sse

from chat import Chat
from wires import WIRES, reader

LOBBY = ["room:lobby"]
STREAMS = ["/chat/sse", "/chat/ws", "/chat/poll"]


class BadInput(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.chat = await Chat().__aenter__()
        self.addAsyncCleanup(self.chat.__aexit__, None, None, None)

    async def sse(self, headers, events, since=None):
        """The items until that many events have come."""
        asked = {"channel": LOBBY, **({"since": since} if since else {})}
        items = []
        async with httpx_sse.aconnect_sse(self.chat.http, "GET", "/chat/sse", params=asked, headers=headers) as source:
            async for message in source.aiter_sse():
                items.append(json.loads(message.data))
                if sum("event" in item for item in items) >= events:
                    return items
        self.fail(f"the stream ended after {items}")

    async def refused(self, path, query):
        """The problem, from a plain GET or, for a WebSocket, from a refused handshake."""
        if not path.endswith("/ws"):
            answer = await self.chat.http.get(path, params=query)
            self.assertEqual(answer.headers["content-type"], "application/problem+json")
            self.assertEqual(answer.json()["status"], answer.status_code)
            return answer.status_code, answer.json()
        async with aiohttp.ClientSession() as client:
            with self.assertRaises(aiohttp.WSServerHandshakeError) as caught:
                await client.ws_connect(self.chat.address + path, params=[(name, value) for name, values in query.items() for value in values])
            upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}
            answer = await self.chat.http.get(path, params=query, headers=upgrade)
            self.assertEqual(answer.status_code, caught.exception.status)
            return answer.status_code, answer.json()

    async def test_last_event_id_resumes_and_wins_over_since(self):
        start = await self.chat.now(*LOBBY)
        await self.chat.say("lobby", "one", "two", "three")
        first = await self.sse({}, 1, since=start)
        ids = [item["id"] for item in first if "event" in item]
        rest = await self.sse({"last-event-id": ids[0]}, 2, since=start)
        self.assertEqual([item["event"]["text"] for item in rest if "event" in item], ["two", "three"])
        self.assertFalse([item for item in rest if "gap" in item])

    async def test_an_empty_last_event_id_is_absent(self):
        start = await self.chat.now(*LOBBY)
        await self.chat.say("lobby", "one")
        items = await self.sse({"last-event-id": ""}, 1, since=start)
        self.assertEqual([item["event"]["text"] for item in items if "event" in item], ["one"])

    async def test_a_malformed_last_event_id_is_a_reset_and_the_stream_goes_on(self):
        await self.chat.say("lobby", "kept")
        for wrong in ["nonsense", "1-2-3", "-", "42", "%00", "ABC-1", "a-99999999999999999999999999", "x" * 4096]:
            with self.subTest(wrong[:40]):
                items = await self.sse({"last-event-id": wrong}, 1)
                gaps = [item["gap"] for item in items if "gap" in item]
                self.assertEqual([(gap["reason"], gap["missed"]) for gap in gaps], [("reset", None)])
                self.assertEqual([item["event"]["text"] for item in items if "event" in item], ["kept"])

    async def test_a_position_of_another_epoch_is_a_reset_on_every_wire_and_the_stream_goes_on(self):
        await self.chat.say("lobby", "kept")
        epoch, offset = (await self.chat.now(*LOBBY)).split("-")
        # Another epoch, and one of ours from the far future.
        for name in WIRES:
            for other in ["1z141z3-42", f"{epoch}-{int(offset) + 1_000_000}"]:
                with self.subTest(name, since=other):
                    async with reader(name, self.chat, LOBBY, other) as client:
                        await client.has(1)
                        self.assertEqual([(gap["reason"], gap["missed"]) for gap in client.gaps], [("reset", None)])
                        held = client.texts
                        await self.chat.say("lobby", "and on")
                        await client.has(len(held) + 1)
                    self.assertEqual((held[0], client.texts[-1]), ("kept", "and on"))
                    self.assertTrue(client.position.startswith(f"{epoch}-"))

    async def test_an_unknown_family_is_404(self):
        for path in STREAMS:
            with self.subTest(path):
                status, problem = await self.refused(path, {"channel": ["rooms:lobby"]})
                self.assertEqual((status, problem["code"]), (404, "unknown_channel"))

    async def test_a_33rd_channel_is_400_and_names_the_limit(self):
        for path in STREAMS:
            with self.subTest(path):
                status, problem = await self.refused(path, {"channel": [f"room:{number}" for number in range(33)]})
                self.assertEqual((status, problem["code"], problem["limit"]), (400, "too_many_channels", 32))

    async def test_32_channels_are_served_and_a_repeated_one_counts_once(self):
        names = [f"room:{number}" for number in range(32)]
        self.assertEqual((await self.chat.http.get("/chat/poll", params={"channel": names})).status_code, 200)
        self.assertEqual((await self.chat.http.get("/chat/poll", params={"channel": [*names, names[0]]})).status_code, 200)

    async def test_a_name_over_255_bytes_is_400_and_names_the_limit(self):
        for path in STREAMS:
            with self.subTest(path):
                status, problem = await self.refused(path, {"channel": ["room:" + "x" * 251]})
                self.assertEqual((status, problem["code"], problem["limit"]), (400, "channel_too_long", 255))

    async def test_a_malformed_query_is_400_with_its_code(self):
        cases = [
            ({"channel": LOBBY, "since": ["nonsense"]}, "position_malformed"),
            ({"channel": LOBBY, "since": [""]}, "parameter_empty"),
            ({"channel": LOBBY, "since": ["earliest", "earliest"]}, "since_repeated"),
            ({"channel": ["room:%zz"]}, "channel_malformed"),
            ({}, "channel_missing"),
        ]
        for path in STREAMS:
            for query, code in cases:
                # A WebSocket may begin without a channel, and subscribe later.
                if path.endswith("/ws") and code == "channel_missing":
                    continue
                with self.subTest(path, code=code):
                    status, problem = await self.refused(path, query)
                    self.assertEqual((status, problem["code"]), (400, code))

    async def test_head_is_405_on_every_stream(self):
        for path in STREAMS:
            with self.subTest(path):
                answer = await self.chat.http.head(path, params={"channel": LOBBY})
                self.assertEqual((answer.status_code, answer.headers["allow"]), (405, "GET"))


if __name__ == "__main__":
    unittest.main()
