/** What VS Code calls: runs the tests of this folder. */

import { readdirSync } from "node:fs";
import * as path from "node:path";
import Mocha from "mocha";

export function run(): Promise<void> {
  const mocha = new Mocha({ ui: "bdd", timeout: 120_000, reporter: "spec", color: false });
  for (const name of readdirSync(__dirname).filter((name) => name.endsWith(".test.js"))) {
    mocha.addFile(path.join(__dirname, name));
  }
  return new Promise((done, failed) => {
    mocha.run((failures) => (failures === 0 ? done() : failed(new Error(`${failures} tests failed`))));
  });
}
