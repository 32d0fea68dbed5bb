// Reads what `cargo triwire contract` prints, and writes the AsyncAPI document of one enum as the table that the book shows.
import { text } from "node:stream/consumers";
import { Parser } from "@asyncapi/parser";

const { asyncapi } = JSON.parse(await text(process.stdin))[process.argv[2]];
const { document } = await new Parser().parse(JSON.stringify(asyncapi));

// A schema in a word or two, as one would say it.
function said(schema) {
  if (schema.const() !== undefined) return JSON.stringify(schema.const());
  if (schema.enum()) return schema.enum().map((value) => JSON.stringify(value)).join(" or ");
  const parts = schema.oneOf() ?? schema.anyOf() ?? schema.allOf();
  if (parts) return [...new Set(parts.map(said))].join(" or ");
  return [schema.type() ?? "anything"].flat().join(" or ");
}

const required = (schema, name) => (schema.required() ?? []).includes(name);

// The fields of what is in an item, or in a command, which is the one field of an object.
function fields(payload, isCommand) {
  let schema = payload;
  const properties = payload.properties() ?? {};
  const [only] = Object.values(properties);
  if (properties.event) schema = properties.event;
  else if (isCommand && Object.keys(properties).length === 1 && only.properties()) schema = only;
  const named = Object.entries(schema.properties() ?? {});
  return named.map(([name, field]) => `\`${name}\`${required(schema, name) ? "" : "?"}: ${said(field).replaceAll("|", "\\|")}`).join(", ");
}

console.log("| by | goes | message | its fields | |\n|---|---|---|---|---|");
for (const operation of document.operations()) {
  const [channel] = operation.channels().all();
  for (const message of operation.messages()) {
    const way = operation.isSend() ? "out" : "in";
    const words = message.description() ?? message.summary() ?? "";
    console.log(`| \`${channel.address()}\` | ${way} | \`${message.name()}\` | ${fields(message.payload(), !operation.isSend())} | ${words.replaceAll("\n", " ")} |`);
  }
}
