/** Runs the mocha tests of this folder in the extension host of a real VS Code, with all of its API. */

import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { format } from "node:util";
import { chromium } from "playwright-core";
import { CodeServer, EXTENSION } from "../code-server";

const PATIENCE = 300_000;

async function main(): Promise<number> {
  const server = await CodeServer.start({ settings: { "python.languageServer": "None" } });
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  try {
    const page = await browser.newPage();
    let failing = false;
    const finished = new Promise<number>((done) => {
      // VS Code calls these two: at the end of the tests, and for all that they print.
      void page.exposeFunction("codeAutomationExit", (code: number) => done(code));
      void page.exposeFunction("codeAutomationLog", (_: string, parts: unknown[]) => {
        const line = format(...parts);
        failing ||= /^\s*\d+ failing/.test(line);
        if (failing || /^\s*(✔|\d+\)|\d+ passing)/.test(line)) {
          console.log(line);
        }
      });
    });
    const remote = (file: string) => `vscode-remote://127.0.0.1:${server.port}${file}`;
    const tests = path.join(EXTENSION, "dist", "test", "host", "suite");
    const url = server.url([
      ["extensionDevelopmentPath", remote(EXTENSION)],
      ["extensionTestsPath", remote(tests)],
    ]);
    await page.goto(url);
    return await Promise.race([finished, sleep(PATIENCE, 2, { ref: false })]);
  } finally {
    await browser.close();
    await server.end();
    server.forget();
  }
}

void main().then((code) => {
  console.log(code === 0 ? "all tests of the extension host passed" : `the extension host ended with ${code}`);
  process.exitCode = code === 0 ? 0 : 1;
});
