/** The only reader of the configuration. */

import * as vscode from "vscode";
import type { ServerSettings } from "./command";

/** The section of the configuration, and the name of everything else that needs one. */
export const SECTION = "torch-pitfalls";

/** What the server itself wants to know: what the user has set, by the names of the settings. */
export type AnalysisSettings = Readonly<Record<string, unknown>>;

/** The part of package.json that describes the settings. */
export interface Manifest {
  readonly contributes: { readonly configuration: { readonly properties: Readonly<Record<string, { readonly scope: string }>> } };
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

/**
 * What is to be checked, and how, in a folder or file.
 *
 * The manifest says which settings those are: all that may differ from file to file. One that nobody has set is left
 * out, so that `pyproject.toml` decides.
 */
export function analysisSettings(manifest: Manifest, scope: vscode.Uri | undefined): AnalysisSettings {
  const config = section(scope);
  const keys = Object.entries(manifest.contributes.configuration.properties)
    .filter(([, { scope }]) => scope === "resource")
    .map(([name]) => name.slice(SECTION.length + 1));
  return Object.fromEntries(keys.filter((key) => isSet(config.inspect(key))).map((key) => [key, config.get(key)]));
}

function isSet(value: ReturnType<vscode.WorkspaceConfiguration["inspect"]>): boolean {
  return [value?.globalValue, value?.workspaceValue, value?.workspaceFolderValue].some((one) => one !== undefined);
}

/** Whether a change of the configuration calls for another server. */
export function changesServer(event: vscode.ConfigurationChangeEvent): boolean {
  return ["enable", "path", "interpreter"].some((key) => event.affectsConfiguration(`${SECTION}.${key}`));
}

function section(scope: vscode.Uri | undefined): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration(SECTION, scope ?? null);
}
