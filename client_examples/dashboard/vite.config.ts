import { defineConfig } from "vitest/config";

const server = process.env["INTERLOCK_URL"] ?? "http://127.0.0.1:8765"; // for `npm run dev`

export default defineConfig({
  base: "/dashboard/",
  build: {
    emptyOutDir: true,
    license: { fileName: "licenses.md" }, // of what is bundled: it is given on with every wheel
    assetsInlineLimit: 0, // files, as the page's policy has it
    modulePreload: { polyfill: false },
    rolldownOptions: {
      onwarn(warning, warn) {
        // "use client" has no meaning here; the eval is 3Dmol's, for a file format that nobody asks for, and the policy forbids it
        const expected = warning.code === "MODULE_LEVEL_DIRECTIVE" || (warning.code === "EVAL" && warning.id?.includes("3dmol"));
        if (!expected) warn(warning);
      },
    },
    chunkSizeWarningLimit: 1000, // the viewer of molecules, which is loaded where one is looked at
  },
  server: { proxy: { "/graphql": { target: server, ws: true } } },
  test: { include: ["src/**/*.test.ts"] },
});
