/** A window that speaks Chinese: so do the commands and the status. */

import { LOOP } from "./loop";
import { eventually, inWindow } from "./window";

const seen = inWindow({ locale: "zh-cn", files: { "chinese.py": LOOP } });

seen("commands and status are Chinese", async (window) => {
  await window.file("chinese.py");
  await window.squiggles("error").first().waitFor();
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
