// Numbers that were said in order, as somebody was given them: none twice, none before another, none missing but for what a gap says.

import assert from "node:assert/strict";

export function holds(items, who) {
  const last = new Map();
  const gaps = new Map();
  for (const { channel, n, missed } of items) {
    if (missed !== undefined) {
      gaps.set(channel, (gaps.get(channel) ?? []).concat(missed));
      continue;
    }
    if (last.has(channel)) {
      const hole = n - last.get(channel) - 1;
      const told = gaps.get(channel);
      const what = `${who}: ${channel} ${n} after ${last.get(channel)}, told ${JSON.stringify(told)}`;
      assert.ok(hole >= 0, what);
      if (!told || !told.includes(null)) assert.equal(hole, (told ?? []).reduce((sum, each) => sum + each, 0), what);
      else assert.ok(hole > 0, what);
    }
    gaps.delete(channel);
    last.set(channel, n);
  }
  return last;
}

export const brief = (item) => ({ channel: item.channel, n: item.event && Number(item.event.text), missed: item.gap?.missed });
