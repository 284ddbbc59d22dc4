// Artifacts import each other without an ending, which bundlers add; this does for Node.
import { registerHooks } from "node:module";

registerHooks({
  resolve: (name, context, next) => next(name.endsWith(".graphql") ? `${name}.ts` : name, context),
});
