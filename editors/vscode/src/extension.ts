/** Wiring only: which event calls what. */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import { Client } from "./client";
import { type Bundle, type Command, type Problem, resolve } from "./command";
import { find, probe } from "./environment";
import { Pages } from "./explain";
import { fixFile, fixWorkspace } from "./fix";
import { onInterpreterChange, selectedInterpreter } from "./python";
import { Known } from "./known";
import { report } from "./report";
import { analysisSettings, changesServer, type Manifest, SECTION, serverSettings } from "./settings";

let client: Client | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel(SECTION, { log: true });
  const pages = new Pages(vscode.Uri.joinPath(context.extensionUri, "bundled", "libs", "torch_pitfalls", "pages"));
  const settings = (scope: vscode.Uri | undefined) => analysisSettings(context.extension.packageJSON as Manifest, scope);
  const running = new Client(log, () => serverCommand(context), pages, settings);
  client = running;
  const known = new Known((document, position) => running.describe(document, position));

  const command = (name: string, run: () => unknown) =>
    vscode.commands.registerCommand(`${SECTION}.${name}`, run);
  context.subscriptions.push(
    log,
    running,
    known,
    command("restart", () => running.restart()),
    command("showLog", () => log.show()),
    command("fixAll", fixFile),
    command("fixWorkspace", () => fixWorkspace(running.running)),
    command("showKnown", () => known.show()),
    command("report", async () => report(context.extension, running.state, await known.here())),
    command("explainRule", () => pages.explain()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => running.refresh()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (changesServer(event)) {
        void running.restart();
      } else if (event.affectsConfiguration(SECTION)) {
        void running.configure();
      }
    }),
  );
  void onInterpreterChange(() => void running.refresh()).then((listener) => {
    if (listener !== undefined) {
      context.subscriptions.push(listener);
    }
  });
  void running.restart();
}

export function deactivate(): Promise<void> | undefined {
  return client?.stop();
}

function serverCommand(context: vscode.ExtensionContext): Promise<Command | Problem> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return resolve(serverSettings(folder), {
    platform: process.platform,
    home: homedir(),
    workspaceFolder: folder?.fsPath,
    variables: process.env,
    bundle: bundle(context),
    say: (sentence, ...parts) => vscode.l10n.t(sentence, ...parts),
    selectedInterpreter: () => selectedInterpreter(folder),
    find: (program) => find(program, folder?.fsPath, process.env["PATH"] ?? ""),
    probe,
  });
}

function bundle(context: vscode.ExtensionContext): Bundle | undefined {
  if (!existsSync(context.asAbsolutePath(path.join("bundled", "libs", "torch_pitfalls")))) {
    return undefined;
  }
  return {
    launcher: context.asAbsolutePath("launcher.py"),
    cache: path.join(context.globalStorageUri.fsPath, "bytecode"),
  };
}
