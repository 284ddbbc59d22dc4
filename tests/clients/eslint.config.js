// @graphql-eslint's rules for schemas: both of its sets whole, and why not wherever not.
import graphql from "@graphql-eslint/eslint-plugin";

// Values: they have no identity of their own that could be asked for later, as `node` does by `id`. They are read with
// what they belong to, or are computed for one answer. A type that is not named here is an entity and needs an id.
const VALUES = [
  "Attempt", // of a record, by its number
  "AttemptError",
  "CodeCount",
  "Denial",
  "ErrorGroup",
  "FailingManager", // what a group of errors has to do with a manager, by its id
  "InputError",
  "Kind", // by its name: code that is installed, not stored
  "Lease", // by its token, which is a secret of its manager and no id for caches
  "LostLease",
  "PageInfo", // by Relay's specification without one
  "PermittedAction",
  "Program",
  "RetryState",
  "ReturnAnswer",
  "StatusChange", // by its cursor: the feed is followed, not looked up
  "StatusCount",
  "ThroughputPoint",
  "Transition",
  "TransitionMatrix",
  "Viewer",
];

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: "schema.graphql" } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      "@graphql-eslint/strict-id-in-types": [
        "error",
        { exceptions: { types: VALUES, suffixes: ["Connection", "Edge", "Payload"] } },
      ],
      // Relay asks for forward arguments, backward ones, or both. The feed is read forward only: its order is the point
      // of it. That all other connections have all four is tested with the schema's text.
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
      "@graphql-eslint/relay-edge-types": [
        "error",
        {
          withEdgeSuffix: true,
          // Relay has it so for lists that are paged. Ours are short by nature, or bounded by an argument.
          listTypeCanWrapOnlyEdgeType: false,
          // Relay asks for an object; a StatusChange has no id, see above. Other edges lead to nodes: tested as well.
          shouldImplementNode: false,
        },
      ],
      // Beyond the sets, what this schema promises of itself:
      "@graphql-eslint/input-name": ["error", { checkInputType: true, caseSensitiveInputType: false }],
      "@graphql-eslint/no-scalar-result-type-on-mutation": "error",
      "@graphql-eslint/require-nullable-fields-with-oneof": "error",
    },
  },
];
