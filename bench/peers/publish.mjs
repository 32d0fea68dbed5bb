// What all peers in JavaScript share: they publish what standard input says, and end with it.

/** The rooms that a request asks for. */
export function rooms(url) {
  const query = new URL(url, "http://localhost").searchParams;
  return query.getAll("channel").map((channel) => Number(channel.replace("room:", "")));
}

/** Where a poll goes on; none where it asks for the present. */
export function since(url) {
  const number = new URL(url, "http://localhost").searchParams.get("since");
  return number === null ? undefined : Number(number);
}

// Below 2^53: nanoseconds since the machine started, for a hundred days.
const hex = (number) => number.toString(16).padStart(16, "0");

function* events(line) {
  const [begin, rooms, first, count, bytes, at] = line.split(" ").slice(1).map(Number);
  let number = first;
  for (let room = begin; room < begin + rooms; room += 1) {
    for (let left = count; left > 0; left -= 1) {
      const event = { type: "tick", room, stamp: `~${hex(number)}${hex(at)}`, text: "" };
      number += 1;
      event.text = "x".repeat(Math.max(0, bytes - JSON.stringify(event).length));
      yield event;
    }
  }
}

/** Calls `publish(room, event)` for each event of each line. */
export function start(port, publish) {
  let rest = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      for (const event of events(line)) publish(event.room, event);
    }
  });
  process.stdin.on("end", () => process.exit(0));
  process.stdout.write(`ready ${port}\n`);
}

/** A set of subscribers for each room. */
export class Rooms {
  #rooms = new Map();

  join(names, subscriber) {
    for (const name of names) {
      if (!this.#rooms.has(name)) this.#rooms.set(name, new Set());
      this.#rooms.get(name).add(subscriber);
    }
  }

  leave(names, subscriber) {
    for (const name of names) this.#rooms.get(name)?.delete(subscriber);
  }

  of(name) {
    return this.#rooms.get(name) ?? [];
  }

  clear(name) {
    this.#rooms.delete(name);
  }
}
