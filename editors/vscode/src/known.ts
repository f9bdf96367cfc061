/** Shows all that the server knows at the cursor, as text: for people who report that a finding is wrong or missing. */

import * as vscode from "vscode";
import { SECTION } from "./settings";

const SCHEME = `${SECTION}-known`;

/** Asks the server about a place; nothing while there is no server or the file is not analysed. */
export type Describe = (document: vscode.TextDocument, position: vscode.Position) => Promise<string | undefined>;

/** What the server knows at the cursor, each time as a read-only text beside the code. */
export class Known implements vscode.Disposable, vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly registrations = [
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => this.texts.delete(uri.toString())),
  ];
  private asked = 0;

  constructor(private readonly describe: Describe) {}

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }

  /** What is known at the cursor. */
  async here(): Promise<string | undefined> {
    const editor = vscode.window.activeTextEditor;
    return editor === undefined ? undefined : this.describe(editor.document, editor.selection.active);
  }

  /** Opens it. */
  async show(): Promise<void> {
    const text = await this.here();
    if (text === undefined) {
      void vscode.window.showInformationMessage(vscode.l10n.t("Nothing is known here: there is no server, or it does not check this file."));
      return;
    }
    this.asked += 1;
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${vscode.l10n.t("known here")} ${this.asked}` });
    this.texts.set(uri.toString(), text);
    await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: true });
  }

  dispose(): void {
    this.registrations.forEach((one) => one.dispose());
  }
}
