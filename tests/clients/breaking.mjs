// Prints what a client of one schema would notice in another: [{type, level, path, message}], by graphql-inspector.
//
// usage: node breaking.mjs RELEASED NEXT
import { readFileSync } from "node:fs";
import { diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

const [released, next] = process.argv.slice(2).map((path) => buildSchema(readFileSync(path, "utf8")));
const changes = await diff(released, next);
console.log(
  JSON.stringify(
    changes.map(({ type, criticality, path, message }) => ({ type, level: criticality.level, path, message })),
  ),
);
