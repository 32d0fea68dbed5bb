// `dist/client.js`, what a page loads: the client as one minified ES module. `dist/tabs.js` beside it is loaded by who asks for one connection
// for all tabs. `types/`, what a compiler reads.

import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export async function bundle() {
  const made = { outdir: here("dist"), bundle: true, minify: true, format: "esm", target: "es2022", legalComments: "none" };
  await build({ ...made, entryPoints: [here("src/client.js")], external: ["./tabs.js"] });
  await build({ ...made, entryPoints: [here("src/tabs.js")] });
  return Object.fromEntries(["client.js", "tabs.js"].map((name) => [name, size(readFileSync(here(`dist/${name}`)))]));
}

function size(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return { minified: bytes.length, brotli: brotliCompressSync(bytes, { params }).length };
}

export function types() {
  execFileSync(here("node_modules/.bin/tsc"), ["-p", here("tsconfig.types.json")], { stdio: "inherit" });
  copyFileSync(here("src/index.d.ts"), here("types/index.d.ts"));
  // A comment's import keeps its extension, which nobody finds there.
  for (const name of readdirSync(here("types"))) {
    const path = here(`types/${name}`);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll('"./types.ts"', '"./types.js"'));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  types();
  for (const [name, { minified, brotli }] of Object.entries(await bundle())) console.log(`dist/${name}: ${minified} bytes, ${brotli} as brotli`);
}
