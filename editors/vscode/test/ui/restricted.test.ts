/** A workspace that nobody has trusted yet: it is checked, but it cannot name what runs. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { eventually, inWindow } from "./window";

const seen = inWindow({
  asksForTrust: true,
  files: {
    ".vscode/settings.json": JSON.stringify({
      "torch-pitfalls.path": "${workspaceFolder}/program",
      "torch-pitfalls.interpreter": ["${workspaceFolder}/program"],
      "torch-pitfalls.severity": { "missing-zero-grad": "information" },
    }),
    program: '#!/bin/sh\ntouch "$(dirname "$0")/has-run"\nexit 1\n',
  },
});

seen("a restricted workspace is checked, by the server that comes with the extension", async (window) => {
  await window.page.locator(".part.banner", { hasText: "Restricted Mode" }).waitFor();
  await window.file("train.py");
  await window.squiggles("info").first().waitFor();
  assert.ok(!existsSync(window.path("has-run")), "a program of the workspace was run");
  assert.equal(window.server.languageServers().length, 1);
  await window.picture("restricted");
});

seen("once it is trusted, what it names runs", async (window) => {
  await window.command("Workspaces: Manage Workspace Trust");
  await window.page.locator(".workspace-trust-editor .monaco-button", { hasText: "Trust" }).first().click();
  await eventually("the configured program was run", async () => existsSync(window.path("has-run")));
  await window.noNotifications();
});
