/** The cells of a notebook: found across cells, repaired in theirs. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { FIX, LOOP } from "./loop";
import { eventually, inWindow } from "./window";

const [SETUP, TRAINING] = [LOOP.slice(0, LOOP.indexOf("for inputs")), LOOP.slice(LOOP.indexOf("for inputs"))];

const cell = (text: string | undefined, kind = "code") => ({
  cell_type: kind,
  metadata: {},
  source: text?.trimEnd().split(/(?<=\n)/),
  ...(kind === "code" ? { execution_count: null, outputs: [] } : {}),
});
const NOTEBOOK = {
  cells: [cell("# Training\n\n`loss.backward()` is not code here.", "markdown"), cell(SETUP), cell(TRAINING)],
  metadata: { language_info: { name: "python" } },
  nbformat: 4,
  nbformat_minor: 4,
};

const seen = inWindow({ files: { "train.ipynb": JSON.stringify(NOTEBOOK) } });

seen("a loop in one cell with an optimizer of another is underlined, explained and repaired", async (window) => {
  // The extensions that show notebooks and find pitfalls have started once a Python file is underlined.
  await window.file("train.py");
  await window.squiggles("error").first().waitFor();
  await window.page.keyboard.press("Control+W");

  await window.file("train.ipynb");
  await window.page.locator(".notebook-editor .code-cell-row").first().waitFor();
  const squiggle = window.page.locator(".notebook-editor .squiggly-error").first();
  await window.hover(squiggle, "How to fix");
  await window.picture("notebook");
  await window.page.keyboard.press("Escape");

  const fixes = await window.quickFixes(squiggle);
  await fixes.filter({ hasText: FIX }).first().click();
  await eventually("no squiggle is left", async () => (await window.page.locator(".notebook-editor .squiggly-error").count()) === 0);
  await window.saved("train.ipynb", (text) => {
    const { cells } = JSON.parse(text) as { cells: { source: string[] }[] };
    return cells[2]?.source.join("").includes(`:\n    ${FIX}\n    loss = `) === true;
  });
  assert.match(readFileSync(window.path("train.ipynb"), "utf8"), /is not code here/, "the text beside the code is lost");
});
