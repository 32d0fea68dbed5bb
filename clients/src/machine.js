/**
 * The whole behaviour of a client as one state machine: an input, the time and a source of randomness in; effects out. It knows no
 * socket, no clock and no promise, so that a model can hold it to the law. Its parts are as pure: `reader.js` about items, `commands.js`
 * about commands, `choice.js` about which transport and when. Here are the connections.
 * @import {Channel, Connection, Effect, Ended, Input, MachineOptions, Problem, Raw, Status} from "./types.ts"
 */

import { Choice } from "./choice.js";
import { Commands } from "./commands.js";
import { LIMITS } from "./limits.js";
import { isPlace } from "./places.js";
import { Reader } from "./reader.js";

// A reader that may not have one of its channels goes on with the others.
const OF_A_CHANNEL = /^(denied|unknown_channel|channel_|parameter_|position_|snapshot_)/;
// Close codes by which the server says that coming back changes nothing: not the protocol, denied, not understood.
const STOPS = [1002, 1003, 1007, 1008, 4400];
// Several subscribes of one moment become one request.
const SETTLE = 10;

export class Machine {
  /** @type {Status} */
  status = "waiting";
  /** @type {Effect[]} */
  #effects = [];
  #now = 0;
  #reader;
  #commands;
  /** @type {Connection | undefined} */
  #main;
  /** A poll beside it, that brings channels to where the others are: a query has one `since` for all. @type {Connection | undefined} */
  #side;
  #choice;
  #ids = 0;
  #renewals = 0;
  /** The next request is with a new identity. */
  #anew = false;
  #live = false;
  #offline = false;
  #hidden = false;
  // Not before, at the side; until all of one moment have subscribed.
  #sideAt = 0;
  #sideTries = 0;
  #settleAt = 0;
  #wake = Infinity;

  /** @param {MachineOptions} options */
  constructor(options = {}) {
    this.options = options;
    this.limits = { ...LIMITS, ...options.limits };
    this.#choice = new Choice(options, this.limits);
    this.#reader = new Reader((effect) => void this.#effects.push(effect), options.snapshot);
    this.#commands = new Commands((effect) => void this.#effects.push(effect), this.limits);
  }

  /** From where everything goes on; none before it is known, or while channels are in different orders. */
  get position() {
    return this.#reader.position;
  }

  /** How far each channel was read. @returns {[string, string | undefined][]} */
  places() {
    return [...this.#reader.channels.values()].map((channel) => [channel.name, this.#reader.place(channel)]);
  }

  /**
   * @param {Input} input
   * @param {number} now milliseconds
   * @param {() => number} random from 0 to 1
   * @returns {Effect[]}
   */
  step(input, now, random) {
    [this.#now, this.#choice.random, this.#effects] = [now, random, []];
    if (this.status === "closed") return [];
    this.#take(input);
    this.#expire();
    if (/** @type {Status} */ (this.status) !== "closed") {
      this.#plan();
      this.#flush();
      this.#tell();
      this.#arm();
    }
    return this.#effects;
  }

  /** @param {Input} input */
  #take(input) {
    switch (input.type) {
      case "subscribe":
        this.#leave(input.channel);
        this.#reader.channels.set(input.channel, { name: input.channel, place: input.since });
        this.#settleAt = this.#now + SETTLE;
        break;
      case "unsubscribe":
        return this.#leave(input.channel);
      case "command":
        return this.#commands.add(input, this.#now);
      case "abort":
        return void this.#commands.forget(input.key);
      case "posted":
        return this.#commands.posted(input, this.#now, this.options.renewable, (tries) => this.#choice.backoff(tries));
      case "renew":
        return this.#renew(input.ticket);
      case "close":
        return this.#stop(input.error);
      case "opened":
      case "item":
      case "retry":
      case "closed": {
        const connection = [this.#main, this.#side].find((each) => each?.id === input.id);
        // One that we closed may still speak.
        return connection && this.#hear(connection, input);
      }
      default:
        this.#surroundings(input.type);
    }
  }

  /** @param {Connection} connection @param {Extract<Input, { id: number }>} input */
  #hear(connection, input) {
    if (input.type === "opened") {
      connection.opened = true;
      // A state may be waited for, for 10 s.
      connection.due = this.#now + this.limits.first * (this.options.snapshot ? 3 : 1);
      if (connection.transport === "poll") connection.due += connection.wait * 1_000;
    } else if (input.type === "closed") this.#lost(connection, input);
    else {
      this.#works(connection);
      if (input.type === "retry") connection.retry = input.ms;
      else this.#item(connection, input.item);
    }
  }

  /** @param {string} what */
  #surroundings(what) {
    if (what === "hidden") this.#hidden = true;
    else if (what === "offline") {
      this.#offline = true;
      this.#live = false;
      this.#shut(this.#main);
      this.#shut(this.#side);
      this.#choice.rest(this.#now);
    } else if (what === "timer") this.#wake = Infinity;
    else {
      if (what === "online") this.#offline = false;
      else this.#hidden = false;
      this.#choice.hurry(this.#now);
    }
  }

  /** A new identity: in place where that can be, else by coming again. @param {string} [ticket] */
  #renew(ticket) {
    const main = this.#main;
    if (ticket && main?.transport === "ws" && main.opened) this.#send(main, { ticket, ref: ++this.#ids });
    else {
      this.#live = false;
      this.#shut(main);
    }
  }

  /** @param {string} name */
  #leave(name) {
    const channel = this.#reader.channels.get(name);
    if (!channel) return;
    this.#reader.channels.delete(name);
    this.#settleAt = this.#now + SETTLE;
    const main = this.#main;
    if (main?.transport !== "ws" || !main.channels.delete(channel)) return;
    // Until the answer what comes under this name is of before.
    const ref = ++this.#ids;
    main.leaving.set(name, ref);
    this.#send(main, { unsubscribe: name, ref });
  }

  /** Its transport brings what is sent. @param {Connection} connection */
  #works(connection) {
    const { side, transport } = connection;
    if (!side && this.#choice.works(connection, this.#now)) this.#effects.push({ type: "remember", transport });
    this.#live ||= !side;
    connection.heard = this.#now;
    connection.due = this.#now + this.limits.silence;
  }

  /** @param {Connection} connection @param {Raw} item */
  #item(connection, item) {
    if (item.bye) {
      connection.bye = item.bye;
      // The end should follow.
      connection.due = this.#now + 1_000;
      return;
    }
    if (!connection.bye) this.#renewals = 0;
    if ("ref" in item) this.#reply(connection, item);
    else if (this.#reader.take(connection, item)) connection.moved = true;
  }

  /** What a WebSocket was asked, and answers. @param {Connection} connection @param {Raw} item */
  #reply(connection, item) {
    const { ref, ok, error } = item;
    if (typeof ref === "string") return this.#commands.answered(item, this.#now);
    connection.leaving.forEach((left, name) => left === ref && connection.leaving.delete(name));
    const channel = connection.refs.get(Number(ref));
    connection.refs.delete(Number(ref));
    if (!channel || !connection.channels.has(channel)) return;
    if (!error) return this.#reader.join(connection, channel, ok.position);
    connection.channels.delete(channel);
    if (error.retry_ms === undefined) this.#reader.refuse(channel, error);
    else channel.at = this.#now + error.retry_ms;
  }

  // --- Connections: how they end ---

  /** What was read stays with the channels. @param {Connection} connection @param {boolean} isTooLarge */
  #drop(connection, isTooLarge = false) {
    this.#reader.part(connection);
    if (this.#side === connection) this.#side = undefined;
    else {
      this.#main = undefined;
      this.#commands.unsend(isTooLarge);
    }
  }

  /** @param {Connection | undefined} connection */
  #shut(connection) {
    if (!connection) return;
    this.#drop(connection);
    this.#effects.push({ type: "close", id: connection.id });
  }

  /** @param {Connection} connection @param {Ended} how */
  #lost(connection, how) {
    const { status = 0, code = 0, problem } = how;
    this.#drop(connection, code === 1009);
    this.#anew ||= !!how.renew;
    const reason = connection.bye?.reason;
    const error = { code: reason ?? "refused", status: status || code, ...problem };
    if (how.fatal) this.#stop(how.fatal);
    else if (how.done && !reason) this.#answered(connection);
    else if (status === 204) {
      // Behind this position nothing is left to come.
      for (const channel of connection.channels) this.#reader.end(channel, { channel: channel.name, end: { reason: "ended" } });
    } else if (status === 401 || code === 4401 || reason === "expired") this.#expired(connection, error);
    else if (reason === "denied" || STOPS.includes(code)) this.#stop(error);
    else if ([400, 403, 404].includes(status) && problem?.code !== "too_many_channels") this.#refused(connection, error);
    else this.#again(connection, how);
  }

  /** A poll. @param {Connection} connection */
  #answered(connection) {
    if (!connection.side) return this.#choice.answered(connection, this.#now);
    this.#sideTries = 0;
    connection.channels.forEach((channel) => (channel.solo = false));
  }

  /** What passes, or may. @param {Connection} connection @param {Ended} how */
  #again(connection, how) {
    if (connection.side) {
      const asked = Math.max(connection.bye?.retry_ms ?? 0, how.retry ?? 0);
      this.#sideAt = this.#now + Math.max(asked, this.#choice.backoff(this.#sideTries++));
      return;
    }
    this.#live = false;
    this.#choice.lost(connection, how, this.#now);
  }

  /** With a new identity, from the same place. @param {Connection} connection @param {Problem} error */
  #expired(connection, error) {
    // What was asked before the last renewal says nothing of it.
    if (!this.options.renewable || (!this.#anew && this.#renewals++ > 1)) return this.#stop(error);
    this.#anew = true;
    if (connection.side) return;
    this.#live = false;
    this.#choice.renewed(connection, this.#now);
  }

  /** @param {Connection} connection @param {Problem} error */
  #refused({ channels }, error) {
    if (!OF_A_CHANNEL.test(error.code ?? "")) this.#stop(error);
    // Which of them is it? Each is asked for by itself.
    else if (channels.size > 1) channels.forEach((channel) => (channel.solo = true));
    else channels.forEach((channel) => this.#reader.refuse(channel, error));
  }

  /** @param {Problem} [error] */
  #stop(error) {
    this.#shut(this.#main);
    this.#shut(this.#side);
    this.#commands.end(error ?? { code: "closed" });
    this.status = "closed";
    this.#effects.push({ type: "status", status: "closed", error });
  }

  // --- Connections: how they begin ---

  /** What the time alone brings. */
  #expire() {
    for (const connection of [this.#main, this.#side]) {
      if (!connection || this.#now < connection.due) continue;
      this.#effects.push({ type: "close", id: connection.id });
      this.#lost(connection, { silent: true });
    }
    this.#commands.expire(this.#now);
    // Only while somebody looks, and nothing else is the matter.
    if (!this.#choice.better(!!this.#main?.heard && !this.#hidden, this.#now)) return;
    this.#live = false;
    this.#shut(this.#main);
  }

  /** Opens what is wanted and not there. */
  #plan() {
    const wanted = [...this.#reader.channels.values()];
    const now = this.#now;
    const main = this.#main;
    if (!wanted.length) {
      if (now < this.#settleAt) return;
      this.#live = false;
      this.#shut(main);
      this.#shut(this.#side);
    } else if (!main && now < this.#choice.retryAt) return;
    else if (this.#choice.transport === "ws") {
      if (!main) this.#open([]);
      else if (main.opened) wanted.forEach((channel) => this.#subscribe(main, channel));
    } else if (now >= this.#settleAt) this.#query(wanted);
  }

  /** @param {Connection} main @param {Channel} channel */
  #subscribe(main, channel) {
    if (main.channels.has(channel) || channel.on || this.#now < (channel.at ?? 0)) return;
    const ref = ++this.#ids;
    main.channels.add(channel);
    main.refs.set(ref, channel);
    const snapshot = this.options.snapshot || undefined;
    this.#send(main, { subscribe: channel.name, since: this.#reader.place(channel), snapshot, ref });
  }

  /** @param {Channel[]} wanted */
  #query(wanted) {
    const main = this.#main;
    if (main && main.channels.size === wanted.length && wanted.every((channel) => main.channels.has(channel))) return;
    if (this.#side) return;
    const { side, channels, since } = this.#reader.query(wanted);
    if (side && this.#now < this.#sideAt) return;
    if (!side || channels.some(({ on }) => on)) this.#shut(main);
    this.#open(channels, since, side);
  }

  /** @param {Channel[]} channels @param {string} [since] */
  #open(channels, since, side = false) {
    const transport = side ? "poll" : this.#choice.transport;
    // The first answer says at once that we are there.
    const wait = side || !this.#live ? 0 : this.limits.wait;
    /** @type {Connection} */
    const connection = {
      ...{ id: ++this.#ids, transport, side, wait, channels: new Set(channels), refs: new Map(), leaving: new Map() },
      ...{ begun: this.#now, due: this.#now + this.limits.opening, heard: 0, retry: 0, opened: false, moved: false },
      position: isPlace(since) ? since : undefined,
    };
    if (transport === "poll") connection.due += wait * 1_000;
    channels.forEach((channel) => (channel.on = connection));
    if (side) this.#side = connection;
    else this.#main = connection;
    const names = channels.map(({ name }) => name);
    const open = { id: connection.id, transport, channels: names, since, snapshot: !!this.options.snapshot, wait, renew: this.#anew };
    this.#effects.push({ type: "open", ...open });
    this.#anew = false;
  }

  /** @param {Connection} connection @param {object} message */
  #send({ id }, message) {
    this.#effects.push({ type: "send", id, message });
  }

  // --- What others see ---

  #flush() {
    const main = this.#main;
    const socket = main?.transport === "ws" && main.heard ? main.id : undefined;
    // Who reads nothing has no connection, and needs none to ask.
    this.#commands.flush(this.#now, socket, (this.#live && main?.transport !== "ws") || (!this.#reader.channels.size && !this.#offline));
  }

  #tell() {
    const isTrying = this.#main || this.#side;
    const status = isTrying ? (this.#live ? "open" : "connecting") : this.#offline ? "offline" : this.#live ? "open" : "waiting";
    if (status === this.status) return;
    this.status = status;
    this.#effects.push({ type: "status", status });
  }

  #arm() {
    const [now, parked] = [this.#now, [...this.#reader.channels.values()].map(({ at = 0 }) => at)];
    const times = [this.#choice.retryAt, this.#sideAt, this.#settleAt, ...parked].filter((at) => at > now);
    for (const connection of [this.#main, this.#side]) if (connection) times.push(connection.due);
    const wake = Math.min(...times, this.#choice.betterAt, this.#commands.due(now));
    if (wake !== this.#wake) this.#effects.push({ type: "wake", at: wake });
    this.#wake = wake;
  }
}
