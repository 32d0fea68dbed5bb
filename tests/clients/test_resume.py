"""Clients that others wrote get the same items with the same ids, and go on where any other of them was killed."""

import asyncio
import itertools
import json
import unittest

from chat import Chat
from wires import WIRES, reader

LOBBY = ["room:lobby"]


class Resume(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.chat = await Chat().__aenter__()
        self.addAsyncCleanup(self.chat.__aexit__, None, None, None)

    async def test_all_four_print_the_same_bytes_with_the_same_ids(self):
        texts = [f"line {number} \"quoted\" ä 😀 \n" for number in range(20)]
        start = await self.chat.now(*LOBBY)

        async def take(name):
            async with reader(name, self.chat, LOBBY, start) as client:
                await client.has(len(texts))
                return client.events

        reads = [asyncio.create_task(take(name)) for name in WIRES]
        await self.chat.say("lobby", *texts)
        taken = await asyncio.gather(*reads)
        self.assertEqual([json.loads(raw)["event"]["text"] for raw in taken[0]], texts)
        self.assertEqual(len({json.loads(raw)["id"] for raw in taken[0]}), len(texts))
        for name, events in zip(WIRES, taken):
            self.assertEqual(events, taken[0], name)

    async def test_each_killed_in_the_middle_is_followed_by_each_other_without_loss_or_repetition(self):
        for first, second in itertools.permutations(WIRES, 2):
            with self.subTest(killed=first, resumed=second):
                await self.hand_over(first, second)

    async def hand_over(self, first, second):
        before = [f"{first} {number}" for number in range(6)]
        between = [f"nobody {number}" for number in range(6)]
        after = [f"{second} {number}" for number in range(6)]
        start = await self.chat.now(*LOBBY)
        async with reader(first, self.chat, LOBBY, start) as killed:
            # Another room's events lie between: their offsets are no holes.
            await asyncio.gather(self.chat.say("lobby", *before), self.chat.say("elsewhere", "x", "y"), killed.has(3))
        await self.chat.say("lobby", *between)
        async with reader(second, self.chat, LOBBY, killed.position) as resumed:
            rest = len(before) + len(between) + len(after) - len(killed.events)
            await asyncio.gather(self.chat.say("lobby", *after), resumed.has(rest))
        self.assertEqual(killed.texts + resumed.texts, before + between + after)
        ids = [json.loads(raw)["id"] for raw in killed.events + resumed.events]
        self.assertEqual(len(set(ids)), len(ids))
        self.assertEqual(killed.gaps + resumed.gaps, [])

    async def test_the_history_overrun_is_told_with_the_right_number_on_all_four(self):
        start = await self.chat.now(*LOBBY)
        # The example keeps 256 events of a channel.
        await self.chat.say("lobby", *(f"flood {number}" for number in range(300)))
        for name in WIRES:
            with self.subTest(name):
                async with reader(name, self.chat, LOBBY, start) as client:
                    await client.has(256)
                self.assertEqual([(gap["reason"], gap["missed"]) for gap in client.gaps], [("expired", 44)])
                self.assertEqual(client.texts, [f"flood {number}" for number in range(44, 300)])

    async def test_the_opening_position_alone_is_enough_to_come_back(self):
        for name in WIRES:
            with self.subTest(name):
                async with reader(name, self.chat, LOBBY) as client:
                    await client.until(lambda opened: opened.position)
                await self.chat.say("lobby", f"while {name} was away")
                async with reader(name, self.chat, LOBBY, client.position) as client:
                    await client.has(1)
                self.assertEqual((client.texts, client.gaps), ([f"while {name} was away"], []))


if __name__ == "__main__":
    unittest.main()
