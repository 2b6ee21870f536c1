import { defineConfig } from "vite";

/** One module without a hash in its name: the server puts the digest into its address. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: "src/ask.ts",
      output: { entryFileNames: "ask.js", format: "es" },
    },
  },
});
