/** A real VS Code, served to a browser: every start has its own settings, extensions and copy of the workspace. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, cpSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The extension's own folder; the tests run from dist/test/KIND/. */
export const EXTENSION = path.resolve(__dirname, "..", "..", "..");

const INSTALL = path.resolve(EXTENSION, "..", "..", ".ci", "install");
const START_MILLISECONDS = 120_000;
const STOP_MILLISECONDS = 10_000;

const QUIET = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "chat.disableAIFeatures": true,
  "git.enabled": false,
  "files.autoSave": "off",
  "workbench.colorTheme": "Default Dark Modern",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "security.workspace.trust.startupPrompt": "never",
  "editor.occurrencesHighlight": "off",
  "editor.minimap.enabled": false,
  "editor.hover.above": false,
};

export interface Options {
  /** Packaged extensions to install. */
  readonly extensions?: readonly string[];
  /** The user's settings, beside those that keep VS Code quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Files of the workspace beside those of test/workspace. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether VS Code asks if it may trust the workspace; otherwise it trusts all. */
  readonly asksForTrust?: boolean;
  /** The language of the window; VS Code's own texts stay English. */
  readonly locale?: string;
}

/** One server and the workspace that it shows. */
export class CodeServer {
  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly process: ChildProcess,
  ) {}

  /** The workspace, a copy of test/workspace. */
  get workspace(): string {
    return path.join(this.folder, "workspace");
  }

  /** What a browser opens; `payload` are arguments for VS Code. */
  url(payload: readonly (readonly [string, string])[] = []): string {
    const query = new URLSearchParams({ folder: this.workspace, payload: JSON.stringify(payload) });
    return `http://127.0.0.1:${this.port}/?${query}`;
  }

  static async start(options: Options = {}): Promise<CodeServer> {
    const folder = mkdtempSync(path.join(tmpdir(), "torch-pitfalls-vscode-"));
    cpSync(path.join(EXTENSION, "test", "workspace"), path.join(folder, "workspace"), { recursive: true });
    for (const [name, text] of Object.entries(options.files ?? {})) {
      const file = path.join(folder, "workspace", name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text, { mode: 0o755 });
    }
    const user = path.join(folder, "data", "User");
    mkdirSync(user, { recursive: true });
    writeFileSync(path.join(user, "settings.json"), JSON.stringify({ ...QUIET, ...options.settings }));
    if (options.locale !== undefined) {
      speak(options.locale, path.join(folder, "data"));
    }

    const node = path.join(installed("node"), "bin", "node");
    const entry = path.join(installed("code-server"), "node_modules", "code-server", "out", "node", "entry.js");
    const own = { HOME: "home", XDG_CONFIG_HOME: "config", XDG_DATA_HOME: "share", XDG_CACHE_HOME: "cache" };
    const env = { ...process.env };
    for (const [name, where] of Object.entries(own)) {
      env[name] = path.join(folder, where);
    }
    const base = [entry, "--user-data-dir", path.join(folder, "data"), "--extensions-dir", path.join(folder, "extensions")];
    for (const extension of options.extensions ?? []) {
      execFileSync(node, [...base, "--install-extension", extension], { env, stdio: "pipe" });
    }

    const port = await freePort();
    const args = [...base, "--bind-addr", `127.0.0.1:${port}`, "--auth", "none"];
    args.push("--disable-telemetry", "--disable-update-check", "--disable-getting-started-override");
    args.push("--vscode-option", "enable-smoke-test-driver");
    if (!options.asksForTrust) {
      args.push("--disable-workspace-trust");
    }
    if (options.locale !== undefined) {
      args.push("--locale", options.locale);
    }
    const log = openSync(path.join(folder, "code-server.log"), "w");
    const child = spawn(node, [...args, path.join(folder, "workspace")], { env, stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    const server = new CodeServer(folder, port, child);
    try {
      await server.answers();
    } catch (error) {
      await server.end();
      server.forget();
      throw error;
    }
    return server;
  }

  /** The processes of the extension's server, which runs a script in the folder of the extensions. */
  languageServers(): number[] {
    const script = path.join(this.folder, "extensions");
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && commandLine(name).some((part) => part.startsWith(script) && part.endsWith("launcher.py")))
      .map(Number);
  }

  /** Ends VS Code as a service manager would. */
  async end(): Promise<void> {
    if (this.process.exitCode === null && this.process.pid !== undefined) {
      const exit = once(this.process, "exit");
      process.kill(-this.process.pid, "SIGTERM");
      await Promise.race([exit, sleep(STOP_MILLISECONDS)]);
    }
  }

  /** Removes all that it has written. */
  forget(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  private async answers(): Promise<void> {
    for (const end = Date.now() + START_MILLISECONDS; Date.now() < end; await sleep(200)) {
      if (this.process.exitCode !== null) {
        break;
      }
      const answer = await fetch(`http://127.0.0.1:${this.port}/healthz`).catch(() => undefined);
      if (answer?.ok) {
        return;
      }
    }
    throw new Error("code-server did not start");
  }
}

/** Where `.ci/install` has put something. */
export function installed(name: string): string {
  return execFileSync(INSTALL, ["--where", name], { encoding: "utf8" }).trim();
}

/** Says that a language pack is there, without which VS Code takes no language but English. */
function speak(locale: string, data: string): void {
  const texts = path.join(data, `${locale}.json`);
  writeFileSync(texts, JSON.stringify({ contents: {} }));
  const extensions = [{ extensionIdentifier: { id: "torch-pitfalls-tests.language-pack" }, version: "1.0.0" }];
  const pack = { hash: "tests", extensions, translations: { vscode: texts }, label: locale };
  writeFileSync(path.join(data, "languagepacks.json"), JSON.stringify({ [locale]: pack }));
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") {
    throw new Error("no free port");
  }
  return address.port;
}
