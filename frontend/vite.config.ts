import { defineConfig } from "vite";

/** Modules without a hash in their names: the server puts the digest into their addresses. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: ["src/ask.ts", "src/frame.ts"],
      output: { entryFileNames: "[name].js", format: "es" },
    },
  },
});
