/** The bundled server, started by the command that the extension would use, over real pipes. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { resolve } from "../../src/command";
import { find, probe } from "../../src/environment";
import { temporaryFolder } from "./folder";

const EXTENSION = path.resolve(__dirname, "..", "..", "..");
const SCRIPT = `import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for batch in range(3):
    loss = model(torch.ones(1, 2)).sum()
    loss.backward()
    optimizer.step()
`;

interface Diagnostic {
  readonly code: string;
  readonly codeDescription: { readonly href: string };
}

/** A workspace full of modules that must never be imported. */
function hostileFolder(): string {
  const folder = temporaryFolder();
  for (const name of ["torch_pitfalls", "pygls", "lsprotocol", "jedi", "json", "typing_extensions"]) {
    writeFileSync(path.join(folder, `${name}.py`), "raise SystemExit('imported from the workspace')\n");
  }
  return folder;
}

async function startServer(folder: string): Promise<[ChildProcess, MessageConnection]> {
  assert.ok(existsSync(path.join(EXTENSION, "bundled", "libs", "torch_pitfalls")), "run `npm run bundle` first");
  const python = process.env["PYTHON"] ?? "python3";
  const command = await resolve(
    { path: "", interpreter: [] },
    {
      platform: process.platform,
      home: folder,
      workspaceFolder: folder,
      variables: {},
      bundle: { launcher: path.join(EXTENSION, "launcher.py"), cache: path.join(folder, "bytecode") },
      say: (sentence) => sentence,
      selectedInterpreter: async () => undefined,
      find: (program) => (/^py/.test(program) ? find(python, folder, process.env["PATH"] ?? "") : undefined),
      probe: ([interpreter = ""]) => probe([interpreter]),
    },
  );
  assert.ok(!("problem" in command), "problem" in command ? command.problem : "");
  const env = { ...process.env, PYTHONPATH: folder };
  const child = spawn(command.command, command.args, { cwd: folder, env, stdio: ["pipe", "pipe", "inherit"] });
  const connection = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  connection.listen();
  return [child, connection];
}

test("the bundled server finds a pitfall, links its page and ends in order", { timeout: 60_000 }, async (t) => {
  const folder = hostileFolder();
  const [child, connection] = await startServer(folder);
  t.after(() => {
    connection.dispose();
    child.kill();
  });
  const uri = pathToFileURL(path.join(folder, "train.py")).href;
  const found = new Promise<Diagnostic>((done) => {
    connection.onNotification("textDocument/publishDiagnostics", (params: { diagnostics: Diagnostic[] }) => {
      const missing = params.diagnostics.find(({ code }) => code === "missing-zero-grad");
      if (missing !== undefined) {
        done(missing);
      }
    });
  });

  const capabilities = { textDocument: { publishDiagnostics: { codeDescriptionSupport: true } } };
  const answer: { serverInfo: { name: string } } = await connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities,
  });
  assert.equal(answer.serverInfo.name, "torch-pitfalls");
  await connection.sendNotification("initialized", {});
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "python", version: 1, text: SCRIPT },
  });
  const page = fileURLToPath((await found).codeDescription.href);
  assert.ok(page.startsWith(path.join(EXTENSION, "bundled")) && existsSync(page), `${page} is not a bundled page`);

  await connection.sendRequest("shutdown");
  const exit = once(child, "exit");
  await connection.sendNotification("exit");
  assert.deepEqual(await exit, [0, null]);

  assert.ok(readdirSync(path.join(folder, "bytecode")).length > 0, "bytecode is not cached");
  const bundled = readdirSync(path.join(EXTENSION, "bundled"), { recursive: true }) as string[];
  assert.deepEqual(bundled.filter((name) => name.includes("__pycache__")), []);
});
