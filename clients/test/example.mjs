// An example as its users start it: a process, a port, one line on stdout; it is ended by its id.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const BINARIES = process.env.TRIWIRE_BIN ?? fileURLToPath(new URL("../../target/debug", import.meta.url));

export async function example(context, name, port = 0) {
  const program = path.join(BINARIES, name);
  assert.ok(existsSync(program), `${program}: build it (cargo build -p triwire-examples), or name its folder in TRIWIRE_BIN`);
  const child = spawn(program, { env: { ...process.env, PORT: String(port) }, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  context.after(kill);
  const [line] = await once(child.stdout, "data");
  const address = /http:\/\/\S+/.exec(line.toString())[0];
  const say = async (room, ...texts) => {
    for (const text of texts) {
      const body = JSON.stringify({ room, from: "node", text });
      const answer = await fetch(`${address}/say`, { method: "POST", headers: { "content-type": "application/json" }, body });
      assert.ok(answer.ok, String(answer.status));
    }
  };
  const end = async () => {
    child.kill("SIGTERM");
    assert.equal((await ended)[0], 0);
  };
  return { address, port: Number(new URL(address).port), say, kill, end };
}

// Until it holds; the last value is in the error.
export async function until(what, read, holds = Boolean, within = 20_000) {
  const end = Date.now() + within;
  let value;
  do {
    value = await read();
    if (holds(value)) return value;
    await new Promise((wake) => setTimeout(wake, 20));
  } while (Date.now() < end);
  return assert.fail(`${what}: still ${JSON.stringify(value)} after ${within} ms`);
}
