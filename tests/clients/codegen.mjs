// The configuration of @graphql-codegen. SCHEMA is a file or a URL (with INTERLOCK_API_KEY), DOCUMENTS files, OUT a folder.
// Without oneOf, introspection does not ask which inputs are one of several, and their types let both through.
const { SCHEMA, DOCUMENTS, OUT, INTERLOCK_API_KEY } = process.env;

export default {
  schema: SCHEMA.startsWith("http")
    ? [{ [SCHEMA]: { oneOf: true, headers: { Authorization: `Bearer ${INTERLOCK_API_KEY}` } } }]
    : SCHEMA,
  documents: DOCUMENTS,
  importExtension: ".ts",
  generates: {
    [OUT]: {
      preset: "client",
      presetConfig: { fragmentMasking: { unmaskFunctionName: "getFragmentData" } },
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: { BigInt: "number", DateTime: "string", JSON: "unknown" },
      },
    },
  },
};
