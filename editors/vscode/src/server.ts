/** One server process and the language client that speaks with it. */

import { type ChildProcess, spawn } from "node:child_process";
import * as vscode from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  LogMessageNotification,
  type LogMessageParams,
  MessageType,
  RevealOutputChannelOn,
  ShowMessageNotification,
  vsdiag,
} from "vscode-languageclient/node";
import type { Command } from "./command";
import type { Pages } from "./explain";
import { type AnalysisSettings, SECTION } from "./settings";

/** The documents the server is told of. */
export const SELECTOR = [
  { language: "python", scheme: "file" },
  { language: "python", scheme: "untitled" },
  { language: "python", notebook: "*" },
];
/** Answered by servers that come with the extension; an older one of the environment does not know it. */
const DESCRIBE = `${SECTION}.describe`;
const START_MILLISECONDS = 30_000;
const STOP_MILLISECONDS = 2_000;

/**
 * A server from its start to its end; never started twice.
 *
 * `ended` is called when the connection closes though nobody asked for it.
 */
export class Server {
  private readonly client: LanguageClient;
  private process: ChildProcess | undefined;
  private stopping = false;

  constructor(
    private readonly command: Command,
    private readonly log: vscode.LogOutputChannel,
    private readonly pages: Pages,
    private readonly settings: (scope: vscode.Uri | undefined) => AnalysisSettings,
    private readonly ended: (server: Server) => void,
  ) {
    this.client = new LanguageClient(SECTION, SECTION, () => this.spawn(), this.options());
    // All messages go to the log: pop-ups are for what the user has just asked for.
    const write = ({ type, message }: LogMessageParams) => this.write(type, message);
    this.client.onNotification(LogMessageNotification.type, write);
    this.client.onNotification(ShowMessageNotification.type, write);
  }

  /** Starts the process and introduces the editor to it; throws when it does not answer. Returns its version. */
  async start(): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(vscode.l10n.t("no answer within {0} s", START_MILLISECONDS / 1000))), START_MILLISECONDS);
    });
    try {
      await Promise.race([this.client.start(), late]);
    } finally {
      clearTimeout(timer);
    }
    return this.client.initializeResult?.serverInfo?.version;
  }

  /** Ends the process: in good order if it listens, otherwise without asking. */
  async stop(): Promise<void> {
    this.stopping = true;
    try {
      await this.client.dispose(STOP_MILLISECONDS);
    } catch (error) {
      this.log.warn(`The server did not stop in good order: ${String(error)}`);
      this.process?.kill();
    }
  }

  /** Tells the server that the settings of the rules have changed. */
  async configure(): Promise<void> {
    if (this.client.isRunning()) {
      const settings = { [SECTION]: this.settings(undefined) };
      await this.client.sendNotification(DidChangeConfigurationNotification.type, { settings });
    }
  }

  /** All that the server knows at a place; nothing where it analyses nothing. */
  async describe(document: vscode.TextDocument, position: vscode.Position): Promise<string | undefined> {
    if (!this.client.isRunning()) {
      return undefined;
    }
    const { code2ProtocolConverter: to } = this.client;
    const place = [to.asUri(document.uri), to.asPosition(position)];
    const told: unknown = await this.client.sendRequest(ExecuteCommandRequest.type, { command: DESCRIBE, arguments: place });
    return typeof told === "string" ? told : undefined;
  }

  private spawn(): Promise<ChildProcess> {
    const { command, args } = this.command;
    this.log.info(`Starting ${[command, ...args].join(" ")}`);
    const child = spawn(command, args, { windowsHide: true });
    this.process = child;
    child.on("exit", (code, signal) => this.log.info(`The server has ended with ${signal ?? `status ${code}`}.`));
    return new Promise((started, failed) => {
      child.once("spawn", () => started(child));
      child.once("error", failed);
    });
  }

  private write(type: MessageType, message: string): void {
    switch (type) {
      case MessageType.Error:
        return this.log.error(message);
      case MessageType.Warning:
        return this.log.warn(message);
      case MessageType.Info:
        return this.log.info(message);
      default:
        return this.log.debug(message);
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: SELECTOR,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: this.settings(undefined),
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          if (!this.stopping) {
            this.ended(this);
          }
          return { action: CloseAction.DoNotRestart, message: "The connection to the server is closed.", handled: true };
        },
      },
      middleware: {
        handleDiagnostics: (uri, diagnostics, next) => {
          this.pages.note(diagnostics);
          next(uri, diagnostics);
        },
        provideDiagnostics: async (document, previous, token, next) => {
          const report = await next(document, previous, token);
          if (report?.kind === vsdiag.DocumentDiagnosticReportKind.full) {
            this.pages.note(report.items);
          }
          return report;
        },
        workspace: {
          configuration: ({ items }) =>
            items.map(({ section, scopeUri }) => (section === SECTION ? this.settings(parsed(scopeUri)) : null)),
        },
      },
    };
  }
}

function parsed(uri: string | undefined): vscode.Uri | undefined {
  return uri === undefined ? undefined : vscode.Uri.parse(uri);
}
