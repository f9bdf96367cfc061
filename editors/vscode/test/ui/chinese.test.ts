/** A window that speaks Chinese: so do findings, commands and the status. */

import assert from "node:assert/strict";
import { LOOP } from "./loop";
import { eventually, inWindow } from "./window";

const seen = inWindow({ locale: "zh-cn", files: { "chinese.py": LOOP } });

seen("findings, commands and status are Chinese", async (window) => {
  await window.file("chinese.py");
  const hover = await window.hover(window.squiggles("error").first(), "修复方法");
  assert.match(await hover.innerText(), /梯度/, "the finding is in Chinese, too");
  await window.picture("chinese-hover");
  await window.page.keyboard.press("Escape");
  await window.status("torch-pitfalls 0.", "扩展自带，由");
  await window.picture("chinese-status");
  const before = window.server.languageServers();
  await window.command("torch-pitfalls: 重启服务器");
  await eventually("another server runs", async () => {
    const now = window.server.languageServers();
    return now.length === 1 && now[0] !== before[0];
  });
  await window.squiggles("error").first().waitFor();
});
