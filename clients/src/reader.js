/**
 * The channels that are wanted, how far each was read, and so what is given out: the law. Knows nothing of time.
 *
 * Each channel has a place of its own: the id of its last item, or the position of the connection that reads it, whichever is later.
 * From there it is asked for again, and what is at or below is not given a second time.
 * @import {Channel, Connection, Effect, Position, Problem, Raw} from "./types.ts"
 */

import { covers, epoch, isPlace, later, lowest } from "./places.js";

export class Reader {
  /** @type {Map<string, Channel>} */
  channels = new Map();
  /** Of the newest position that came. @type {string | undefined} */
  epoch;
  #push;
  #snapshots;

  /** @param {(effect: Effect) => void} push @param {boolean | undefined} snapshots */
  constructor(push, snapshots) {
    this.#push = push;
    this.#snapshots = snapshots;
  }

  /** @param {Channel} channel */
  place(channel) {
    return channel.on ? later(channel.place, channel.on.position) : channel.place;
  }

  /** Where all can go on from; none while they are in different orders. */
  get position() {
    const places = [...this.channels.values()].map((channel) => this.place(channel));
    return places.length && places.every((place) => isPlace(place) && epoch(place) === epoch(places[0])) ? lowest(places) : undefined;
  }

  /** What a connection has read stays with its channels. @param {Connection} connection */
  #keep(connection) {
    for (const channel of connection.channels) if (channel.on === connection) channel.place = this.place(channel);
  }

  /** It is gone. @param {Connection} connection */
  part(connection) {
    this.#keep(connection);
    for (const channel of connection.channels) if (channel.on === connection) channel.on = undefined;
  }

  /**
   * What a query asks for next, where it cannot ask for all of them: those that have no place among the others come there by a poll.
   * @param {Channel[]} wanted
   * @returns {{ side: boolean, channels: Channel[], since?: string }}
   */
  query(wanted) {
    const places = wanted.map((channel) => this.place(channel));
    if (wanted.some(({ solo }) => solo) || places.some((place) => place !== places[0])) {
      const order = this.epoch ?? epoch(places.find(isPlace));
      const isStray = (/** @type {Channel} */ channel) => channel.solo || epoch(this.place(channel)) !== order;
      const stray = wanted.find(isStray);
      if (stray) {
        const since = this.place(stray);
        const alike = wanted.filter((channel) => !channel.solo && !channel.on && this.place(channel) === since);
        return { side: true, channels: stray.solo || stray.on ? [stray] : alike, since };
      }
    }
    return { side: false, channels: wanted, since: lowest(places) };
  }

  /** @param {Connection} connection @param {Raw} item @returns {boolean} whether it moved us */
  take(connection, item) {
    if (item.channel === undefined) {
      if (item.position) return this.#advance(connection, item.position);
      // Not of this version: somebody may know it.
      this.#push({ type: "item", item });
      return false;
    }
    const channel = this.channels.get(item.channel);
    // Not wanted any more; or wanted anew, and this is still of the last time.
    if (!channel || !connection.channels.has(channel) || connection.leaving.has(channel.name)) return false;
    if (item.gap) return this.#gap(connection, channel, item, item.gap);
    if (item.end) return this.end(channel, item);
    if ("snapshot" in item) return this.#snapshot(channel, item);
    if ("event" in item) return this.#event(connection, channel, item);
    // Who is in has no place, and nor has what a later version may say of a channel.
    this.#push({ type: "item", item });
    return false;
  }

  /** @param {Connection} connection @param {Channel} channel @param {Raw} item */
  #event(connection, channel, item) {
    const { id } = item;
    const isNew = !id || !covers(this.place(channel), id);
    if (id && isNew) {
      channel.place = id;
      this.epoch = epoch(id);
    }
    if (isNew) this.#push({ type: "item", item });
    // Until a subscribe is answered, what it replays moves no other channel.
    if (id && channel.on === connection) this.#advance(connection, id);
    return isNew;
  }

  /** @param {Connection} connection @param {Channel} channel @param {Raw} item @param {NonNullable<Raw["gap"]>} gap */
  #gap(connection, channel, item, gap) {
    const { until } = gap;
    const { told, teller } = channel;
    if (gap.reason === "reset") this.#reset(connection, channel, until);
    const place = this.place(channel);
    channel.teller = connection;
    // Told again, since we were cut before we had come past it; or asked from further back, for another channel's sake.
    const isOld = gap.reason !== "reset" && (covers(place, until) || covers(told, until));
    if (isOld) return false;
    // How much of it is news was then not counted.
    const isAhead = channel.on === connection && connection.position && place !== connection.position;
    const isLonger = teller !== connection && !covers(place, told) && epoch(told) === epoch(until);
    channel.told = until;
    this.#push({ type: "item", item: gap.reason !== "reset" && (isAhead || isLonger) ? { ...item, gap: { ...gap, missed: null } } : item });
    return true;
  }

  /** Another order: what is kept of it comes next. @param {Connection} connection @param {Channel} channel @param {Position} until */
  #reset(connection, channel, until) {
    // The others are told too; until then they are where they were.
    this.#keep(connection);
    connection.position = undefined;
    // Who was cut before the state came would not be told again, and so asks for it.
    channel.place = this.#snapshots ? undefined : until;
    this.epoch = epoch(until);
  }

  /** @param {Channel} channel @param {Raw} item */
  #snapshot(channel, item) {
    // Whatever came before is in it, and what is above it comes after it: it is the new place, even where it is behind.
    channel.place = item.position;
    this.epoch = epoch(item.position);
    this.#push({ type: "item", item });
    return true;
  }

  /** @param {Channel} channel @param {Raw} item */
  end(channel, item) {
    if (this.channels.get(channel.name) !== channel) return false;
    this.channels.delete(channel.name);
    channel.on?.channels.delete(channel);
    this.#push({ type: "item", item });
    return true;
  }

  /** @param {Channel} channel @param {Problem} error */
  refuse(channel, error) {
    if (this.channels.get(channel.name) !== channel) return;
    this.channels.delete(channel.name);
    this.#push({ type: "refused", channel: channel.name, error });
  }

  /** A subscribe over a WebSocket was answered. @param {Connection} connection @param {Channel} channel @param {Position} position */
  join(connection, channel, position) {
    channel.on = connection;
    this.#advance(connection, position);
  }

  /** @param {Connection} connection @param {Position} position */
  #advance(connection, position) {
    const before = connection.position;
    connection.position = later(before, position);
    this.epoch = epoch(position);
    return before !== connection.position;
  }
}
