// The page's build. It leaves no inline script behind: the gateway's Content-Security-Policy allows none.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// oxlint-disable-next-line import/no-default-export -- the form in which Vite takes its configuration
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2024",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      // The page reads no YAML. The package does not say that it may be left out, and is a quarter of the page otherwise.
      treeshake: { moduleSideEffects: [{ test: /\/node_modules\/yaml\//, sideEffects: false }] },
    },
  },
});
