/** The packaged extension in a real window: see, understand, repair. */

import assert from "node:assert/strict";
import { FIX, LOOP } from "./loop";
import { boxOf, eventually, inWindow, type Rectangle, type Window } from "./window";

const seen = inWindow();

/** The part of the window that a reader of the README wants to see: the code down to the end of a box. */
async function code(window: Window, down: Rectangle): Promise<Rectangle> {
  const editor = await boxOf(window.page.locator(".editor-group-container.active"));
  return { x: editor.x, y: editor.y, width: editor.width, height: down.y + down.height + 16 - editor.y };
}

seen("a training script is underlined, explained, listed and repaired", async (window) => {
  await window.file("train.py");
  const squiggle = window.squiggles("error").first();
  const hover = await window.hover(squiggle, "How to fix");
  assert.ok((await hover.locator("a", { hasText: "missing-zero-grad" }).count()) > 0, "the rule links its page");
  assert.ok((await hover.locator("code", { hasText: FIX }).count()) > 0, "code is rendered as code");
  assert.equal((await hover.innerText()).match(/gradients are never cleared/g)?.length, 1, "nothing is said twice");
  assert.doesNotMatch(await hover.locator(".rendered-markdown").last().innerText(), /\*\*|\]\(/, "Markdown is left raw");
  await window.picture("hover", await code(window, await boxOf(hover)));

  await window.page.keyboard.press("Escape");
  await window.page.keyboard.press("Control+Shift+M");
  const problem = window.page.locator(".markers-panel .monaco-list-row", { hasText: "gradients are never cleared" });
  await problem.locator("a", { hasText: "missing-zero-grad" }).waitFor();
  await window.picture("problems");
  await window.page.keyboard.press("Control+Shift+M");

  const fixes = await window.quickFixes(squiggle);
  await window.picture("quick-fix", await code(window, await boxOf(window.page.locator(".action-widget").first())));
  await fixes.filter({ hasText: FIX }).first().click();
  await eventually("the fix is in the text", async () => (await window.text()).includes(FIX));
  await window.saved("train.py", (text) => /for images.*\n(.*\n)*? {12}optimizer\.zero_grad\(\)\n(.*\n)*? {12}loss\.backward/.test(text));
  await window.noSquiggles();
});

seen("typing a loop shows nothing until the pitfall is there", async (window) => {
  await window.newFile("typed.py", "");
  await window.page.locator(".editor-instance .view-lines").first().click();
  const squiggles = await window.squigglesDuring(async () => {
    for (const line of LOOP.trimEnd().split("\n")) {
      await window.page.keyboard.press("Home");
      await window.page.keyboard.press("Shift+End");
      await window.page.keyboard.press("Delete");
      await window.page.keyboard.type(line, { delay: 60 });
      await window.page.keyboard.press("Escape");
      await window.page.keyboard.press("Enter");
    }
    await window.squiggles("error").first().waitFor();
  });
  for (const text of squiggles) {
    assert.match(text, /loss\.backward\(\)\n {4}optimizer\.step\(\)$/, `underlined too early:\n${text}`);
  }
  await window.saved("typed.py", (text) => text.trimEnd() === LOOP.trimEnd());
});

seen("a comment silences one line", async (window) => {
  await window.newFile("silenced.py", LOOP);
  const fixes = await window.quickFixes(window.squiggles("error").first());
  await fixes.filter({ hasText: "Ignore missing-zero-grad on this line" }).first().click();
  await window.saved("silenced.py", (text) => text.includes("loss.backward()  # torch-pitfalls: ignore[missing-zero-grad]"));
  await window.noSquiggles();
});

seen("one command repairs the whole file", async (window) => {
  await window.newFile("all.py", `${LOOP}    history = []\n    history.append(loss)\n`.replace("for inputs", "history = []\nfor inputs").replace("    history = []\n", ""));
  await eventually("two pitfalls are underlined", async () => (await window.squiggles().count()) === 2);
  await window.command("torch-pitfalls: Fix All Safe Problems in This File");
  await window.noSquiggles();
  await window.saved("all.py", (text) => text.includes(FIX) && text.includes("history.append(loss.item())"));
});

seen("the page of a rule opens rendered", async (window) => {
  await window.newFile("explained.py", LOOP);
  const box = await boxOf(window.squiggles("error").first());
  await window.page.mouse.click(box.x + 10, box.y + box.height / 2);
  await window.command("torch-pitfalls: Explain Rule");
  const page = window.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  await page.locator("h1", { hasText: "Gradients are never cleared between steps" }).waitFor();
  await window.page.mouse.move(600, 600);
  await window.picture("page");
});

seen("the status tells which server runs", async (window) => {
  await window.file("train.py");
  const hover = await window.status("torch-pitfalls 0.", "bundled, run by");
  const said = await boxOf(hover);
  const { width, height } = window.page.viewportSize() ?? { width: 0, height: 0 };
  const left = Math.min(said.x, 640) - 16;
  await window.picture("status", { x: left, y: said.y - 16, width: width - left, height: height - said.y + 16 });
});
