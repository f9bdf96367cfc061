/** The extension as VS Code's own interfaces see it. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as vscode from "vscode";

const PATIENCE = 60_000;
const LOOP = `import torch

model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
print("😀")
for batch in range(3):
    print("😀"); loss = model(torch.ones(1, 1)).sum()
    print("😀"); loss.backward()
    optimizer.step()
`;
const CLEARED = LOOP.replace("    optimizer.step()\n", "    optimizer.step()\n    optimizer.zero_grad()\n");

let made = 0;

async function open(text: string): Promise<vscode.TextDocument> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder !== undefined);
  made += 1;
  const file = path.join(folder.uri.fsPath, `made_${made}.py`);
  writeFileSync(file, text);
  const document = await vscode.workspace.openTextDocument(file);
  await vscode.window.showTextDocument(document);
  return document;
}

function ours(document: vscode.TextDocument): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === "torch-pitfalls");
}

function slugs(document: vscode.TextDocument): string[] {
  return ours(document).map(({ code }) => (typeof code === "object" ? String(code.value) : String(code)));
}

async function eventually(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(50)) {
    if (await is()) {
      return;
    }
  }
  assert.fail(`not within ${PATIENCE / 1000} s: ${what}`);
}

function shows(document: vscode.TextDocument, ...wanted: string[]): Promise<void> {
  return eventually(`${wanted.join(", ") || "nothing"} is shown`, () => slugs(document).join() === wanted.join());
}

async function configure(key: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration("torch-pitfalls").update(key, value, vscode.ConfigurationTarget.Workspace);
}

async function actions(document: vscode.TextDocument, range: vscode.Range, kind?: string): Promise<vscode.CodeAction[]> {
  const found = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    range,
    kind,
    10,
  );
  return found.filter(({ edit }) => edit !== undefined);
}

async function first(document: vscode.TextDocument): Promise<vscode.Diagnostic> {
  await shows(document, "missing-zero-grad");
  const [found] = ours(document);
  assert.ok(found !== undefined);
  return found;
}

describe("diagnostics", () => {
  it("are in the right place behind an emoji, and lead to the page and to other places", async () => {
    const document = await open(LOOP);
    const found = await first(document);
    assert.equal(document.getText(found.range), "loss.backward()");
    assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
    assert.ok(typeof found.code === "object" && found.code.target.path.endsWith("missing-zero-grad.md"));
    assert.ok((found.relatedInformation?.length ?? 0) > 0);
  });

  it("come and go with the text", async () => {
    const document = await open(CLEARED);
    const edit = new vscode.WorkspaceEdit();
    const line = document.lineAt(9);
    assert.match(line.text, /zero_grad/);
    edit.delete(document.uri, line.rangeIncludingLineBreak);
    await vscode.workspace.applyEdit(edit);
    await shows(document, "missing-zero-grad");
    await vscode.commands.executeCommand("undo");
    await shows(document);
  });

  it("are shown for an untitled document", async () => {
    const document = await vscode.workspace.openTextDocument({ language: "python", content: LOOP });
    await vscode.window.showTextDocument(document);
    await shows(document, "missing-zero-grad");
  });
});

describe("hovers", () => {
  it("explain in Markdown", async () => {
    const document = await open(LOOP);
    const { range } = await first(document);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>("vscode.executeHoverProvider", document.uri, range.start);
    const text = hovers.flatMap(({ contents }) => contents.map((part) => (typeof part === "string" ? part : part.value))).join("\n");
    assert.match(text, /\*\*How to fix:\*\*.*optimizer\.zero_grad\(\)/);
    assert.match(text, /\[missing-zero-grad\]\(file:/);
  });
});

describe("code actions", () => {
  it("repair with the preferred one", async () => {
    const document = await open(LOOP);
    const { range } = await first(document);
    const [fix] = (await actions(document, range, "quickfix")).filter(({ isPreferred }) => isPreferred);
    assert.ok(fix?.edit !== undefined);
    await vscode.workspace.applyEdit(fix.edit);
    assert.match(document.getText(), /optimizer\.zero_grad\(\)/);
    await shows(document);
  });

  it("silence a line", async () => {
    const document = await open(LOOP);
    const { range } = await first(document);
    const [ignore] = (await actions(document, range, "quickfix")).filter(({ title }) => title.includes("on this line"));
    assert.ok(ignore?.edit !== undefined);
    await vscode.workspace.applyEdit(ignore.edit);
    assert.match(document.getText(), /loss\.backward\(\) {2}# torch-pitfalls: ignore\[missing-zero-grad\]/);
    await shows(document);
  });

  it("repair the whole file by command", async () => {
    const document = await open(LOOP);
    await first(document);
    await vscode.commands.executeCommand("torch-pitfalls.fixAll");
    await shows(document);
    assert.match(document.getText(), /optimizer\.zero_grad\(\)/);
  });

  it("repair on save where that is set", async () => {
    const editor = vscode.workspace.getConfiguration("editor", { languageId: "python" });
    const set = (value: unknown) => editor.update("codeActionsOnSave", value, vscode.ConfigurationTarget.Workspace, true);
    await set({ "source.fixAll.torch-pitfalls": "explicit" });
    try {
      const document = await open(LOOP);
      await first(document);
      await vscode.window.activeTextEditor?.edit((edit) => edit.insert(new vscode.Position(0, 0), "# changed\n"));
      await first(document);
      await document.save();
      await shows(document);
      assert.match(document.getText(), /optimizer\.zero_grad\(\)/);
    } finally {
      await set(undefined);
    }
  });
});

describe("settings", () => {
  it("count at once, for what is open", async () => {
    const document = await open(LOOP);
    await shows(document, "missing-zero-grad");
    await configure("severity", { "missing-zero-grad": "hint" });
    try {
      await eventually("it is a hint", () => ours(document)[0]?.severity === vscode.DiagnosticSeverity.Hint);
      await configure("ignore", ["missing-zero-grad"]);
      await shows(document);
    } finally {
      await configure("ignore", undefined);
      await configure("severity", undefined);
    }
    await shows(document, "missing-zero-grad");
  });

  it("that nobody has set leave the word to pyproject.toml", async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder !== undefined);
    const file = vscode.Uri.joinPath(folder.uri, "pyproject.toml");
    const document = await open(LOOP);
    await shows(document, "missing-zero-grad");
    const table = '[tool.torch-pitfalls]\nselect = ["graph-retained"]\nmax-file-size = 20\n';
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(table));
    try {
      await shows(document);
    } finally {
      await vscode.workspace.fs.delete(file);
    }
    await shows(document, "missing-zero-grad");
  });

  it("switch the server off and on", async () => {
    const document = await open(LOOP);
    await shows(document, "missing-zero-grad");
    await configure("enable", false);
    try {
      await shows(document);
    } finally {
      await configure("enable", undefined);
    }
    await shows(document, "missing-zero-grad");
  });

  it("that name no program leave the reason in the status, and nothing is broken afterwards", async () => {
    const document = await open(LOOP);
    await shows(document, "missing-zero-grad");
    await configure("interpreter", ["${workspaceFolder}/.venv/bin/python"]);
    try {
      await shows(document);
    } finally {
      await configure("interpreter", undefined);
    }
    await shows(document, "missing-zero-grad");
  });
});

describe("commands", () => {
  it("are all there", async () => {
    const there = new Set(await vscode.commands.getCommands(true));
    const manifest = vscode.extensions.getExtension("torch-pitfalls.torch-pitfalls")?.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    assert.deepEqual(manifest.contributes.commands.filter(({ command }) => !there.has(command)), []);
  });

  it("restart the server, also several times at once", async () => {
    const document = await open(LOOP);
    await shows(document, "missing-zero-grad");
    const restart = () => vscode.commands.executeCommand("torch-pitfalls.restart");
    await Promise.all([restart(), restart(), restart()]);
    await shows(document, "missing-zero-grad");
  });

  it("show what is known at the cursor", async () => {
    const document = await open(LOOP);
    const { range } = await first(document);
    assert.ok(vscode.window.activeTextEditor !== undefined);
    vscode.window.activeTextEditor.selection = new vscode.Selection(range.start, range.start);
    await vscode.commands.executeCommand("torch-pitfalls.showKnown");
    const shown = () => vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "torch-pitfalls-known");
    await eventually("a text beside the code", () => shown() !== undefined);
    assert.match(shown()?.getText() ?? "", /line 8\n[^]*loss[^]*findings of this line\n {2}missing-zero-grad/);
  });

  it("gather what a report of a problem needs", async () => {
    await open(LOOP);
    await vscode.commands.executeCommand("torch-pitfalls.report");
    const text = vscode.window.activeTextEditor?.document.getText() ?? "";
    assert.match(text, /torch-pitfalls \d+\.\d+\.\d+ \(torch-pitfalls \d+\.\d+\.\d+\S*: .*python/);
  });
});
