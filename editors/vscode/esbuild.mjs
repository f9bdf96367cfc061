// Bundles the extension into dist/extension.js; with --tests, every test into dist/test/.
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";

const shared = {
  bundle: true,
  platform: "node",
  target: "node18",
  external: ["vscode"],
  mainFields: ["module", "main"],
  logLevel: "warning",
};

if (process.argv.includes("--tests")) {
  rmSync("dist/test", { recursive: true, force: true });
  const tests = readdirSync("test").filter((name) => name.endsWith(".test.ts"));
  await build({
    ...shared,
    entryPoints: tests.map((name) => `test/${name}`),
    outdir: "dist/test",
    format: "cjs",
  });
} else {
  await build({
    ...shared,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    format: "cjs",
    minify: true,
  });
}
