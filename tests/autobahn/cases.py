"""Autobahn's cases against the codec's echo: every one is OK, but for those whose answer the RFC leaves open.

`cases.py` runs what fits into every run of the tests, `cases.py --all` the whole.
"""

import asyncio
import collections
import os
import pathlib
import sys

from kosoku import FailureError, run_fuzzingclient
from kosoku import _caseindex

ROOT = pathlib.Path(__file__).resolve().parents[2]
ECHO = pathlib.Path(os.environ.get("TRIWIRE_BIN", ROOT / "target" / "debug")) / "echo"
AT_ONCE = 4
# Bitmaps and PDFs, and messages of 32 to 128 KiB in a few of their ways to be cut, a thousand times each: they take three times as long as
# all the others, and inflate by the same code.
LONG = ["12.2.*", "12.3.*", "12.5.*"] + [f"{group}.*.{size}" for group in (12, 13) for size in (13, 14, 16, 17, 18)]
# Data after a close (7.1.6), and close codes that nobody has given a meaning (7.13): "actual behaviour is undefined by the spec".
INFORMATIONAL = {"7.1.6", "7.13.1", "7.13.2"}
# So that a run of nothing does not pass.
LEAST = 418


def mend():
    """The cases of groups 12 and 13 hash bytes, and kosoku gives them a `str` where a text comes back uncompressed, as a short one does."""
    _caseindex.initialize_shims()
    from case12_x_x import Case12_X_X, Case13_X_X

    for case in Case12_X_X + Case13_X_X:
        case.onMessage = in_bytes(case.onMessage)


def in_bytes(on_message):
    def mended(self, message, binary):
        return on_message(self, message.encode("latin-1") if isinstance(message, str) else message, binary)

    return mended


async def results(address, excluded):
    try:
        return await run_fuzzingclient(f"ws://{address}", None, excluded, AT_ONCE)
    except FailureError as failure:
        return failure.results


async def main():
    mend()
    # The echo ends when its standard input does: with this process, however that ends.
    pipe = asyncio.subprocess.PIPE
    echo = await asyncio.create_subprocess_exec(ECHO, stdin=pipe, stdout=pipe)
    try:
        line = await asyncio.wait_for(echo.stdout.readline(), 20)
        address = line.decode().split()[-1]
        cases = await results(address, [] if "--all" in sys.argv else LONG)
    finally:
        echo.stdin.close()
        await asyncio.wait_for(echo.wait(), 20)
    return judge(cases)


def judge(cases):
    kinds = collections.Counter(case.behavior.value for case in cases)
    print(f"   {len(cases)} cases: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    print(f"   informational: {', '.join(sorted(INFORMATIONAL))}")
    wrong = [case for case in cases if not is_right(case)]
    for case in wrong:
        verdicts = f"{case.behavior.value}, close {case.behavior_close.value}"
        print(f"   {case.case_id}: {verdicts}: {case.result} {case.result_close}\n      {case.description}\n      {case.expectation}")
    if len(cases) < LEAST:
        print(f"   fewer than {LEAST}: are they all there?")
    return 1 if wrong or len(cases) < LEAST else 0


def is_right(case):
    verdicts = {case.behavior.value, case.behavior_close.value}
    return verdicts == {"OK"} or (case.case_id in INFORMATIONAL and verdicts == {"INFORMATIONAL"})


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
