// Takes the pictures of the README, of the extension's README and of the walkthrough from the tests in a real window.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const extension = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const WHERE = {
  hover: ["images/hover.png", "../../docs/images/vscode.png"],
  "quick-fix": ["images/quick-fix.png"],
  status: ["images/status.png"],
};

function npm(...args) {
  execFileSync("npm", args, { cwd: extension, stdio: "inherit", env: { ...process.env, PICTURES: taken } });
}

const taken = mkdtempSync(path.join(tmpdir(), "torch-pitfalls-pictures-"));
try {
  npm("run", "package");
  npm("run", "test:ui");
  for (const [name, places] of Object.entries(WHERE)) {
    for (const place of places) {
      copyFileSync(path.join(taken, `${name}.png`), path.join(extension, place));
      console.log(path.normalize(path.join("editors/vscode", place)));
    }
  }
} finally {
  rmSync(taken, { recursive: true });
}
