// An example as its users start it: a process, a port, one line on stdout; SIGTERM must end it, with 0 and in time.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";

const BINARIES = process.env.TRIWIRE_BIN ?? fileURLToPath(new URL("../../target/debug", import.meta.url));
// The drain is 3 s; what does not end by then has 10 s more, and no client here is so slow.
const ENDS_WITHIN = 8_000;

export class Example {
  // `port` 0 is any that is free. With `kept` all that it says is in `said`, and not with what the test says.
  static async start(name, { port = 0, variables = {}, kept = false } = {}) {
    const program = path.join(BINARIES, name);
    assert.ok(existsSync(program), `${program}: build it (cargo build -p triwire-examples), or name its folder in TRIWIRE_BIN`);
    const child = spawn(program, { env: { ...process.env, ...variables, PORT: String(port) }, stdio: ["ignore", "pipe", kept ? "pipe" : "inherit"] });
    const example = new Example(child);
    for (const stream of kept ? [child.stdout, child.stderr] : []) stream.on("data", (bytes) => (example.said += bytes));
    example.address = await example.firstLine();
    return example;
  }

  said = "";

  constructor(child) {
    this.child = child;
    this.ended = once(child, "exit");
  }

  async firstLine() {
    const line = once(this.child.stdout, "data").then(([bytes]) => bytes.toString());
    const early = this.ended.then(([code]) => assert.fail(`it ended with ${code} before it said where it listens`));
    const text = await Promise.race([line, early]);
    return /http:\/\/\S+/.exec(text)[0];
  }

  get port() {
    return Number(new URL(this.address).port);
  }

  async post(where, body) {
    const answer = await fetch(this.address + where, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, `${where}: ${answer.status} ${await answer.text()}`);
  }

  async say(room, ...texts) {
    for (const text of texts) await this.post("/say", { room, from: "node", text });
  }

  // Ends it by its id, as a supervisor does.
  async end() {
    if (this.child.exitCode === null) this.child.kill("SIGTERM");
    const late = setTimeout(() => this.child.kill("SIGKILL"), ENDS_WITHIN);
    const [code, signal] = await this.ended;
    clearTimeout(late);
    assert.equal(signal, null, `it did not end within ${ENDS_WITHIN} ms of SIGTERM`);
    assert.equal(code, 0);
  }

  // Without a word to anybody, as a power cut does.
  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
  }
}

// For `test(…, async (context) => …)`: ends with the test, and the test fails where it does not end well.
export async function example(context, name, options) {
  const started = await Example.start(name, options);
  context.after(() => started.end());
  return started;
}

// Until it holds; the last value is in the error.
export async function until(what, read, holds = Boolean, within = 15_000) {
  const end = Date.now() + within;
  let value;
  do {
    value = await read();
    if (holds(value)) return value;
    await new Promise((wake) => setTimeout(wake, 20));
  } while (Date.now() < end);
  return assert.fail(`${what}: still ${JSON.stringify(value)} after ${within} ms`);
}
