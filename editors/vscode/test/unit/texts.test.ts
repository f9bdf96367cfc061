/** Everything that people read exists in every language. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

const EXTENSION = path.resolve(__dirname, "..", "..", "..");

function json(...names: string[]): Record<string, string> {
  return JSON.parse(readFileSync(path.join(EXTENSION, ...names), "utf8")) as Record<string, string>;
}

function places(text: string): string[] {
  return [...text.matchAll(/\{\d\}|\]\([^)]*\)/g)].map(([place]) => place).sort();
}

test("the manifest's texts exist in English and Chinese, with the same links", () => {
  const manifest = readFileSync(path.join(EXTENSION, "package.json"), "utf8");
  const wanted = new Set([...manifest.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key));
  const [english, chinese] = [json("package.nls.json"), json("package.nls.zh-cn.json")];
  assert.deepEqual(new Set(Object.keys(english)), wanted);
  assert.deepEqual(new Set(Object.keys(chinese)), wanted);
  for (const [key, text] of Object.entries(english)) {
    assert.deepEqual(places(chinese[key] ?? ""), places(text), key);
  }
});

test("what the extension says is translated, with the same places", () => {
  const sources = readdirSync(path.join(EXTENSION, "src")).map((name) => readFileSync(path.join(EXTENSION, "src", name), "utf8"));
  const said = sources.flatMap((text) => [...text.matchAll(/(?:l10n\.t|\bsay)\(\s*"([^"]+)"/g)].map(([, sentence]) => sentence ?? ""));
  const chinese = json("l10n", "bundle.l10n.zh-cn.json");
  assert.deepEqual(new Set(Object.keys(chinese)), new Set(said));
  for (const sentence of said) {
    assert.deepEqual(places(chinese[sentence] ?? ""), places(sentence), sentence);
  }
});

test("the README names every setting and command", () => {
  const readme = readFileSync(path.join(EXTENSION, "README.md"), "utf8");
  const { contributes } = JSON.parse(readFileSync(path.join(EXTENSION, "package.json"), "utf8")) as {
    contributes: { configuration: { properties: object }; commands: { title: string }[] };
  };
  const english = json("package.nls.json");
  const commands = contributes.commands.map(({ title }) => `torch-pitfalls: ${english[title.replaceAll("%", "")]}`);
  const wanted = [...Object.keys(contributes.configuration.properties).map((key) => `\`${key}\``), ...commands];
  assert.deepEqual(wanted.filter((name) => !readme.includes(`| ${name} |`)), []);
});
