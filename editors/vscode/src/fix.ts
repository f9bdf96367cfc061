/** Repairs a file through the editor, and a workspace through the command line. */

import { execFile } from "node:child_process";
import * as vscode from "vscode";
import type { Command } from "./command";
import { SECTION } from "./settings";

/** Applies all safe fixes to the file in the active editor. */
export function fixFile(): Thenable<unknown> {
  return vscode.commands.executeCommand("editor.action.sourceAction", { kind: `source.fixAll.${SECTION}`, apply: "first" });
}

/** Applies all safe fixes to the files of the workspace, as `check --fix` does, once the user agrees. */
export async function fixWorkspace(server: Command | undefined): Promise<void> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  if (server === undefined || folders.length === 0) {
    void vscode.window.showWarningMessage(vscode.l10n.t("There is no server or no folder to work on."));
    return;
  }
  const yes = vscode.l10n.t("Fix All");
  const question = vscode.l10n.t("Apply all safe fixes to the files of this workspace?");
  const detail = vscode.l10n.t("Files are saved first and changed on disk; only version control can undo it.");
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) {
    return;
  }
  await vscode.workspace.saveAll(false);
  const title = vscode.l10n.t("Fixing the workspace");
  const left = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, (_, token) =>
    check(server, folders.map(({ uri }) => uri.fsPath), token),
  );
  if (left !== undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t("All safe fixes are applied; {0} pitfalls are left for you to look at.", left));
  }
}

/** How many pitfalls are left; nothing if it was given up. */
function check(server: Command, folders: readonly string[], token: vscode.CancellationToken): Promise<number | undefined> {
  const args = [...server.args.slice(0, -1), "check", "--fix", "--output-format", "json", ...folders];
  return new Promise((done, failed) => {
    const child = execFile(server.command, args, { windowsHide: true, maxBuffer: Infinity }, (_, stdout, stderr) => {
      if (token.isCancellationRequested) {
        done(undefined);
        return;
      }
      try {
        done((JSON.parse(stdout) as unknown[]).length);
      } catch {
        failed(new Error(stderr.trim().split(/\r?\n/).at(-1)));
      }
    });
    token.onCancellationRequested(() => child.kill());
  });
}
