/** Keeps one server running as the settings say: start, stop, and restarts one at a time. */

import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import type { Command, Problem } from "./command";
import type { Pages } from "./explain";
import { SELECTOR, Server } from "./server";
import { type AnalysisSettings, enabled } from "./settings";
import { Status } from "./status";

const CRASHES_FORGIVEN = 3;
const CRASH_WINDOW_MILLISECONDS = 3 * 60 * 1000;

/** The one server of this window. */
export class Client implements vscode.Disposable {
  private readonly status = new Status(SELECTOR);
  private server: Server | undefined;
  private command: Command | Problem | undefined;
  private crashes: number[] = [];
  private current: Promise<void> | undefined;
  private queued: Promise<void> | undefined;

  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly resolve: () => Promise<Command | Problem>,
    private readonly pages: Pages,
    private readonly settings: (scope: vscode.Uri | undefined) => AnalysisSettings,
  ) {}

  /** How the server is started; nothing while there is none. */
  get running(): Command | undefined {
    return this.command !== undefined && "command" in this.command ? this.command : undefined;
  }

  /** What the language status says. */
  get state(): string {
    return this.status.text;
  }

  /** Starts the server afresh, as the settings now say. */
  restart(): Promise<void> {
    this.crashes = [];
    return this.replace();
  }

  /** Starts the server afresh if it is another one by now. */
  async refresh(): Promise<void> {
    await this.current;
    if (enabled() && !isDeepStrictEqual(await this.resolve(), this.command)) {
      await this.restart();
    }
  }

  /** Stops the server, after a restart in progress. */
  async stop(): Promise<void> {
    await this.current;
    await this.end();
  }

  /** Tells the server that the settings of the rules have changed. */
  async configure(): Promise<void> {
    await this.server?.configure();
  }

  /** All that the server knows at a place; nothing while there is no server, or it does not tell. */
  async describe(document: vscode.TextDocument, position: vscode.Position): Promise<string | undefined> {
    try {
      return await this.server?.describe(document, position);
    } catch (error) {
      this.log.warn(`The server does not tell what it knows: ${String(error)}`);
      return undefined;
    }
  }

  dispose(): void {
    this.status.dispose();
  }

  /** Starts the server again unless it ends too often. */
  private ended(server: Server): void {
    if (server !== this.server) {
      return;
    }
    const now = Date.now();
    this.crashes = [...this.crashes.filter((time) => now - time < CRASH_WINDOW_MILLISECONDS), now];
    if (this.crashes.length <= CRASHES_FORGIVEN) {
      void this.replace();
    } else {
      this.fail(vscode.l10n.t("The server has ended {0} times within three minutes.", this.crashes.length));
    }
  }

  /** One replacement at a time; all that are asked for meanwhile are one more. */
  private replace(): Promise<void> {
    if (this.current === undefined) {
      this.current = this.endAndBegin().finally(() => (this.current = undefined));
      return this.current;
    }
    this.queued ??= this.current.then(() => {
      this.queued = undefined;
      return this.replace();
    });
    return this.queued;
  }

  private async endAndBegin(): Promise<void> {
    try {
      await this.end();
      await this.begin();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.fail(vscode.l10n.t("The server did not start: {0}. The log says more.", why));
    }
  }

  private async begin(): Promise<void> {
    if (!enabled()) {
      this.status.off();
      return;
    }
    this.status.starting();
    const command = await this.resolve();
    this.command = command;
    if ("problem" in command) {
      this.fail(command.problem);
      return;
    }
    this.server = new Server(command, this.log, this.pages, this.settings, (server) => this.ended(server));
    this.status.running(await this.server.start(), command.origin);
  }

  private async end(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    await server?.stop();
  }

  private fail(problem: string): void {
    this.log.error(problem);
    this.status.failed(problem);
  }
}
