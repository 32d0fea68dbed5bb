// Reads a JSON Schema, writes the TypeScript that json-schema-to-typescript makes of it.
import { text } from "node:stream/consumers";
import { compile } from "json-schema-to-typescript";

const schema = JSON.parse(await text(process.stdin));
process.stdout.write(await compile(schema, schema.title, { additionalProperties: false, bannerComment: "" }));
