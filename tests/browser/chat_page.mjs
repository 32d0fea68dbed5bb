// What the chat's page shows: three panes, one for each wire.

import assert from "node:assert/strict";
import { until } from "./example.mjs";

export const WIRES = ["sse", "ws", "poll"];

export class Pane {
  constructor(page, wire) {
    this.wire = wire;
    this.section = page.locator(`section[data-wire="${wire}"]`);
  }

  // All at once, so that one look is of one moment.
  look() {
    return this.section.evaluate((section) => {
      const number = (name) => Number(section.querySelector(`[data-${name}]`).textContent);
      const lines = [...section.querySelectorAll("[data-list] li")];
      return {
        status: section.querySelector("[data-status]").textContent,
        lost: number("lost"),
        duplicated: number("duplicated"),
        gapped: number("gapped"),
        events: lines.filter((line) => line.dataset.id).map((line) => ({ id: line.dataset.id, text: line.textContent })),
        gaps: lines.filter((line) => line.dataset.gap).map((line) => ({ reason: line.dataset.gap, missed: line.dataset.missed })),
        // Where in the list they stand: a gap must come before what follows it.
        kinds: lines.map((line) => (line.dataset.gap ? "gap" : "event")).join(" "),
      };
    });
  }

  async until(what, holds) {
    return until(`${this.wire}: ${what}`, () => this.look(), holds);
  }

  // Until as many lines end with these texts, in this order, and nothing else came.
  async shows(texts) {
    const seen = await this.until(`shows ${texts.length} lines`, (pane) => pane.events.length >= texts.length);
    assert.deepEqual(seen.events.map(({ text }) => text.slice(text.indexOf(": ") + 2)), texts, this.wire);
    return seen;
  }

  live() {
    return this.until("is live", ({ status }) => status === "live");
  }

  async cut() {
    const before = (await this.look()).status;
    await this.section.locator("button[data-cut]").click();
    return this.until("the button changes its status", ({ status }) => status !== before);
  }

  async isWhole(what) {
    const { lost, duplicated } = await this.look();
    assert.deepEqual({ lost, duplicated }, { lost: 0, duplicated: 0 }, `${this.wire}, ${what}`);
  }
}

export async function panes(page) {
  const all = WIRES.map((wire) => new Pane(page, wire));
  for (const pane of all) await pane.live();
  return all;
}
