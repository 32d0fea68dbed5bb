// Reads what `cargo triwire contract` prints, and says what the reference parsers have against it: one line each, and nothing where all is well.
import { text } from "node:stream/consumers";
import { Parser } from "@asyncapi/parser";
import { Validator } from "@seriousme/openapi-schema-validator";

// The parser would have the newest version, which is no fault of a document of 3.0. Warnings and hints are faults here.
const expected = (diagnostic) => diagnostic.code === "asyncapi-latest-version";

async function ofAsyncapi(document) {
  const diagnostics = await new Parser().validate(JSON.stringify(document));
  return diagnostics.filter((diagnostic) => !expected(diagnostic)).map(({ code, message, path }) => `${code} at ${path.join("/")}: ${message}`);
}

async function ofOpenapi(document) {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  if (valid) return validator.version === "3.1" ? [] : [`it is of version ${validator.version}`];
  return [errors].flat().map((error) => (typeof error === "string" ? error : `${error.instancePath}: ${error.message}`));
}

const documents = JSON.parse(await text(process.stdin));
const names = Object.keys(documents);
const faults = [];
for (const name of names) {
  const { asyncapi, openapi } = documents[name];
  for (const fault of await ofAsyncapi(asyncapi)) faults.push(`${name} asyncapi: ${fault}`);
  for (const fault of await ofOpenapi(openapi)) faults.push(`${name} openapi: ${fault}`);
}
if (names.length === 0) faults.push("there is no document");
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
