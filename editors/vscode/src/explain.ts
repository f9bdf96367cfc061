/** Opens the page of a rule, rendered, beside the code. */

import * as vscode from "vscode";
import { SECTION } from "./settings";

/** The pages that diagnostics have named, and those in the folder beside them or in the extension. */
export class Pages {
  private readonly known = new Map<string, vscode.Uri>();

  /** `folder`: where the pages are that come with the extension. */
  constructor(private folder: vscode.Uri) {}

  /** Notes the pages that diagnostics link to. */
  note(diagnostics: readonly vscode.Diagnostic[]): void {
    for (const { code } of diagnostics) {
      if (typeof code === "object" && code.target.path.endsWith(".md")) {
        this.known.set(String(code.value), code.target);
        this.folder = vscode.Uri.joinPath(code.target, "..");
      }
    }
  }

  /** Opens the page of the rule at the cursor; without one there, of a rule that the user chooses. */
  async explain(): Promise<void> {
    const slug = ruleAtCursor() ?? (await this.choose());
    if (slug !== undefined) {
      const page = this.known.get(slug) ?? vscode.Uri.joinPath(this.folder, `${slug}.md`);
      await vscode.commands.executeCommand("markdown.showPreviewToSide", page);
    }
  }

  private async choose(): Promise<string | undefined> {
    return vscode.window.showQuickPick(this.slugs(), { placeHolder: vscode.l10n.t("The rule to explain") });
  }

  private async slugs(): Promise<string[]> {
    const slugs = new Set(this.known.keys());
    try {
      for (const [name] of await vscode.workspace.fs.readDirectory(this.folder)) {
        if (name.endsWith(".md")) {
          slugs.add(name.slice(0, -".md".length));
        }
      }
    } catch {
      // A server from elsewhere and no page seen yet: what diagnostics have named is all there is.
    }
    return [...slugs].sort();
  }
}

function ruleAtCursor(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return undefined;
  }
  const here = vscode.languages
    .getDiagnostics(editor.document.uri)
    .find(({ source, range }) => source === SECTION && range.contains(editor.selection.active));
  return typeof here?.code === "object" ? String(here.code.value) : undefined;
}
