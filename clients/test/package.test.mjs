// What is published: its size, its files, its types, and what others say of them.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundle, types } from "../build.mjs";

const folder = fileURLToPath(new URL("..", import.meta.url));
const run = async (program, ...words) => {
  const { stdout } = await promisify(execFile)(program, words, { cwd: folder, maxBuffer: 1 << 24 }).catch((error) => {
    throw new Error(`${program} ${words.join(" ")}: ${error.stdout}${error.stderr}`);
  });
  return stdout;
};
const tool = (name, ...words) => run(`${folder}/node_modules/.bin/${name}`, ...words);

// Bytes as brotli makes them: what a page loads, and what it loads besides for one connection of all tabs.
const MOST = { "client.js": 7_600, "tabs.js": 1_600 };

let sizes;
before(async () => {
  sizes = await bundle();
  types();
});

test("the bundle is no larger than it may be", (context) => {
  for (const [name, { minified, brotli }] of Object.entries(sizes)) {
    context.diagnostic(`${name}: ${minified} bytes, ${brotli} as brotli`);
    assert.ok(brotli <= MOST[name], `${name} has ${brotli} bytes, above ${MOST[name]}`);
  }
});

test("the sources keep to their types, and a user's compiler finds what is wrong", async () => {
  await tool("tsc", "-p", ".");
  await tool("tsc", "-p", "test/types");
});

test("the package holds what it must, and nothing else", async () => {
  const [{ files }] = JSON.parse(await run("npm", "pack", "--dry-run", "--json", "--ignore-scripts"));
  const paths = files.map(({ path }) => path);
  const modules = "choice client commands engine fetching follow limits machine places poll react reader sse subscription svelte tabs vue ws".split(" ");
  const expected = ["README.md", "package.json", "dist/client.js", "dist/tabs.js", "types/index.d.ts", "types/types.d.ts", ...modules.flatMap((name) => [`src/${name}.js`, `types/${name}.d.ts`])];
  assert.deepEqual(paths.sort(), expected.sort());
});

test("publint and arethetypeswrong have nothing to say", async () => {
  assert.match(await tool("publint", "--strict", "--pack", "npm"), /All good/);
  // CommonJS takes an ES module by `import()`, or by `require` in Node 22.
  await tool("attw", "--pack", ".", "--profile", "esm-only");
});
