/** A text about the installation, for whoever wants to report a problem. Nothing is sent anywhere. */

import { arch, platform, release } from "node:os";
import * as vscode from "vscode";
import { SECTION } from "./settings";

/**
 * Opens the text, with places for what only the user can tell.
 *
 * `state`: what the language status says; `known`: what the server knows at the cursor.
 */
export async function report(extension: vscode.Extension<unknown>, state: string, known: string | undefined): Promise<void> {
  const { version } = extension.packageJSON as { version: string };
  const config = vscode.workspace.getConfiguration(SECTION);
  const content = [
    `# ${vscode.l10n.t("What happened")}\n`,
    `# ${vscode.l10n.t("What should have happened")}\n`,
    `# ${vscode.l10n.t("The smallest code that shows it")}\n`,
    "```python\n```\n",
    ...(known === undefined ? [] : [`# ${vscode.l10n.t("What was known at the cursor")}\n`, `\`\`\`text\n${known.trim()}\n\`\`\`\n`]),
    `# ${vscode.l10n.t("Installation")}\n`,
    `- ${SECTION} ${version} (${state})`,
    `- ${vscode.env.appName} ${vscode.version}, ${vscode.env.language}, ${platform()} ${release()} ${arch()}`,
    `- trusted: ${vscode.workspace.isTrusted}, folders: ${vscode.workspace.workspaceFolders?.length ?? 0}`,
    `\n\`\`\`json\n${JSON.stringify(config, null, 2)}\n\`\`\`\n`,
  ].join("\n");
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: "markdown", content }));
}
