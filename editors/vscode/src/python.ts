/** The interpreter selected in the Python extension, which is welcome but never required. */

import * as vscode from "vscode";

const EXTENSION = "ms-python.python";
const PATIENCE_MILLISECONDS = 10_000;

interface Environments {
  getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
  resolveEnvironment(environment: {
    readonly path: string;
  }): Promise<{ readonly executable: { readonly uri: vscode.Uri | undefined } } | undefined>;
  readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
}

/** The selected interpreter's path; nothing without the Python extension or in a restricted workspace. */
export async function selectedInterpreter(resource: vscode.Uri | undefined): Promise<string | undefined> {
  if (!vscode.workspace.isTrusted) {
    return undefined;
  }
  const late = new Promise<undefined>((done) => setTimeout(() => done(undefined), PATIENCE_MILLISECONDS));
  return Promise.race([ask(resource), late]);
}

/** Calls `changed` whenever another interpreter is selected. */
export async function onInterpreterChange(changed: () => void): Promise<vscode.Disposable | undefined> {
  return (await environments())?.onDidChangeActiveEnvironmentPath(changed);
}

async function ask(resource: vscode.Uri | undefined): Promise<string | undefined> {
  const api = await environments();
  try {
    const resolved = await api?.resolveEnvironment(api.getActiveEnvironmentPath(resource));
    return resolved?.executable.uri?.fsPath;
  } catch {
    return undefined;
  }
}

// Trouble in the Python extension is its own to report; the server does without it.
async function environments(): Promise<Environments | undefined> {
  const extension = vscode.extensions.getExtension<{ environments?: Environments }>(EXTENSION);
  try {
    return (await extension?.activate())?.environments;
  } catch {
    return undefined;
  }
}
