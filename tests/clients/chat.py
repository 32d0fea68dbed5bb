"""The example `chat`, as its users start it: a process, a port, one line on stdout."""

import asyncio
import os
import pathlib
import signal

import httpx

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("TRIWIRE_BIN", ROOT / "target" / "debug"))
# The drain is 3 s; what does not end by then has 10 s more, and no client here is so slow.
ENDS_WITHIN = 8


class Chat:
    """`async with Chat() as chat`: runs while the block does, and must then end well on SIGTERM."""

    async def __aenter__(self):
        program = BINARIES / "chat"
        if not program.exists():
            raise FileNotFoundError(f"{program}: build it (`cargo build -p triwire-examples`), or name its folder in TRIWIRE_BIN")
        self.process = await asyncio.create_subprocess_exec(
            program, env={**os.environ, "PORT": "0"}, stdout=asyncio.subprocess.PIPE
        )
        line = await asyncio.wait_for(self.process.stdout.readline(), 20)
        self.address = line.decode().split()[-1]
        self.http = httpx.AsyncClient(base_url=self.address, timeout=10)
        return self

    async def __aexit__(self, *_error):
        await self.http.aclose()
        await self.end()

    async def end(self):
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(self.process.wait(), ENDS_WITHIN)
        except asyncio.TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"chat did not end within {ENDS_WITHIN} s of SIGTERM") from None
        assert code == 0, f"chat ended with {code}"

    async def say(self, room, *texts):
        for text in texts:
            answer = await self.http.post("/say", json={"room": room, "from": "python", "text": text})
            assert answer.is_success, f"{answer.status_code} {answer.text}"

    async def now(self, *channels):
        """The position that a poll without `since` is told."""
        answer = await self.http.get("/chat/poll", params={"channel": list(channels)})
        return answer.json()["position"]
