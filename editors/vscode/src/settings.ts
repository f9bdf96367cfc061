/** The only reader of the configuration. */

import * as vscode from "vscode";
import type { ServerSettings } from "./command";

/** The section of the configuration, and the name of everything else that needs one. */
export const SECTION = "torch-pitfalls";

/** What the server itself wants to know. */
export interface AnalysisSettings {
  readonly select: readonly string[] | null;
  readonly ignore: readonly string[];
  readonly severity: Readonly<Record<string, string>>;
}

/** Whether the server is to run. */
export function enabled(): boolean {
  return section(undefined).get("enable", true);
}

/** Which program the user wants as the server. */
export function serverSettings(folder: vscode.Uri | undefined): ServerSettings {
  const config = section(folder);
  return { path: config.get("path", ""), interpreter: config.get("interpreter", []) };
}

/** Which rules the user wants, and how severe they are, in a folder or file. */
export function analysisSettings(scope: vscode.Uri | undefined): AnalysisSettings {
  const config = section(scope);
  return {
    select: config.get<string[] | null>("select", null),
    ignore: config.get("ignore", []),
    severity: config.get("severity", {}),
  };
}

/** Whether a change of the configuration calls for another server. */
export function changesServer(event: vscode.ConfigurationChangeEvent): boolean {
  return ["enable", "path", "interpreter"].some((key) => event.affectsConfiguration(`${SECTION}.${key}`));
}

function section(scope: vscode.Uri | undefined): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration(SECTION, scope ?? null);
}
