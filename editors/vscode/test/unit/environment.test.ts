import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { find, probe } from "../../src/environment";
import { temporaryFolder } from "./folder";

const posix = { skip: process.platform === "win32" ? "shell scripts" : false };

function script(file: string, body: string, mode = 0o755): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, mode);
  return file;
}

test("a name is found on PATH, in order, executable files only", posix, () => {
  const root = temporaryFolder();
  script(path.join(root, "a", "tool"), "", 0o644);
  mkdirSync(path.join(root, "b", "tool"), { recursive: true });
  const tool = script(path.join(root, "c", "tool"), "");
  script(path.join(root, "d", "tool"), "");
  const searchPath = ["a", "b", "c", "d"].map((name) => path.join(root, name)).join(path.delimiter);
  assert.equal(find("tool", undefined, searchPath), tool);
});

test("a program in the workspace is never found by its name", posix, () => {
  const root = temporaryFolder();
  script(path.join(root, "bin", "tool"), "");
  script(path.join(root, "tool"), "");
  const before = process.cwd();
  process.chdir(root);
  try {
    assert.equal(find("tool", root, ["bin", ".", ""].join(path.delimiter)), undefined);
  } finally {
    process.chdir(before);
  }
});

test("a relative path counts from the workspace folder", posix, () => {
  const root = temporaryFolder();
  const tool = script(path.join(root, ".venv", "bin", "python"), "");
  assert.equal(find(".venv/bin/python", root, ""), tool);
  assert.equal(find("./.venv/bin/python", root, ""), tool);
  assert.equal(find(".venv/bin/python", undefined, ""), undefined);
  assert.equal(find(tool, undefined, ""), tool);
});

test("probe reads the version and whether the server is there", posix, async () => {
  const python = script(path.join(temporaryFolder(), "python"), 'echo "3 12 True"');
  assert.deepEqual(await probe([python]), { version: [3, 12], hasServer: true });
});

test("probe hands on the interpreter's own arguments", posix, async () => {
  const python = script(path.join(temporaryFolder(), "py"), '[ "$1" = "-3" ] && [ "$2" = "-I" ] && echo "3 10 False"');
  assert.deepEqual(await probe([python, "-3"]), { version: [3, 10], hasServer: false });
});

test("probe says why a program is no Python", posix, async () => {
  const root = temporaryFolder();
  assert.equal(await probe([script(path.join(root, "fails"), "echo first >&2; echo unknown option >&2; exit 2")]), "unknown option");
  assert.equal(await probe([script(path.join(root, "ends"), "exit 3")]), "it ended with status 3");
  assert.equal(await probe([script(path.join(root, "chats"), "echo hello")]), "it printed something unexpected");
  assert.match(String(await probe([path.join(root, "none")])), /ENOENT/);
});
