import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after } from "node:test";

const made: string[] = [];

after(() => {
  for (const folder of made) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** An empty folder, gone when the tests of the file are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "torch-pitfalls-test-"));
  made.push(folder);
  return folder;
}
