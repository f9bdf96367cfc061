/** A server that is killed: the reader notices nothing, unless it happens again and again. */

import assert from "node:assert/strict";
import { LOOP } from "./loop";
import { eventually, inWindow, type Window } from "./window";

const seen = inWindow({ files: { "crash.py": LOOP } });

/** Kills the server and hands back its process. */
async function kill(window: Window): Promise<number> {
  await eventually("one server runs", async () => window.server.languageServers().length === 1);
  const [victim] = window.server.languageServers();
  assert.ok(victim !== undefined);
  process.kill(victim, "SIGKILL");
  await eventually("it is gone", async () => !window.server.languageServers().includes(victim));
  return victim;
}

seen("a server that dies is replaced, and what it showed is shown again", async (window) => {
  await window.file("crash.py");
  await window.squiggles("error").first().waitFor();
  for (let times = 0; times < 3; times += 1) {
    await kill(window);
    await window.squiggles("error").first().waitFor();
    await eventually("another server runs", async () => window.server.languageServers().length === 1);
    const fixes = await window.quickFixes(window.squiggles("error").first());
    await fixes.filter({ hasText: "Insert" }).first().waitFor();
    await window.page.keyboard.press("Escape");
  }
  await window.noNotifications();
});

seen("one that dies too often is left alone, quietly, and the status says why", async (window) => {
  await kill(window);
  await window.noSquiggles();
  await window.status("has no server", "The server has ended 4 times within three minutes");
  assert.deepEqual(window.server.languageServers(), []);
  await window.noNotifications();
  await window.picture("crashed");
});

seen("the command starts it again", async (window) => {
  await window.command("torch-pitfalls: Restart Server");
  await window.squiggles("error").first().waitFor();
  await window.status("torch-pitfalls 0.", "bundled, run by");
});
