// Bundles the extension into dist/extension.js; with --tests, every test into dist/test/.
import { build } from "esbuild";
import { rmSync } from "node:fs";

const shared = {
  bundle: true,
  platform: "node",
  target: "node18",
  format: "cjs",
  external: ["vscode", "mocha", "playwright-core"],
  mainFields: ["module", "main"],
  logLevel: "warning",
};

if (process.argv.includes("--tests")) {
  rmSync("dist/test", { recursive: true, force: true });
  await build({
    ...shared,
    entryPoints: ["test/**/*.test.ts", "test/host/suite.ts", "test/host/run.ts"],
    outdir: "dist/test",
    outbase: "test",
    sourcemap: "inline",
  });
} else {
  await build({ ...shared, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", minify: true });
}
