// `dist/client.js`, what a page loads: the whole client as one minified ES module. `types/`, what a compiler reads.

import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export async function bundle() {
  await build({
    entryPoints: [here("src/client.js")],
    outfile: here("dist/client.js"),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
  });
  const bytes = readFileSync(here("dist/client.js"));
  const small = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  return { minified: bytes.length, brotli: small.length };
}

export function types() {
  execFileSync(here("node_modules/.bin/tsc"), ["-p", here("tsconfig.types.json")], { stdio: "inherit" });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  types();
  const { minified, brotli } = await bundle();
  console.log(`dist/client.js: ${minified} bytes, ${brotli} as brotli`);
}
