/** The language status item: quiet while all is well. */

import * as vscode from "vscode";
import { SECTION } from "./settings";

/** Tells, beside the language of a Python file, how the server is. */
export class Status implements vscode.Disposable {
  private readonly item: vscode.LanguageStatusItem;

  constructor(selector: vscode.DocumentSelector) {
    this.item = vscode.languages.createLanguageStatusItem(SECTION, selector);
    this.item.name = SECTION;
    this.item.command = { title: vscode.l10n.t("Show Log"), command: `${SECTION}.showLog` };
  }

  /** What it says now. */
  get text(): string {
    return [this.item.text, this.item.detail].filter(Boolean).join(": ");
  }

  starting(): void {
    this.show(vscode.l10n.t("starting"), "", true);
  }

  /** `origin`: where the server comes from. */
  running(version: string | undefined, origin: string): void {
    this.show(version ?? "", origin);
  }

  off(): void {
    this.show(vscode.l10n.t("off"), vscode.l10n.t("by the setting torch-pitfalls.enable"));
  }

  failed(problem: string): void {
    this.show(vscode.l10n.t("has no server"), problem);
    this.item.severity = vscode.LanguageStatusSeverity.Error;
  }

  dispose(): void {
    this.item.dispose();
  }

  private show(text: string, detail: string, busy = false): void {
    this.item.text = `${SECTION} ${text}`.trim();
    this.item.detail = detail;
    this.item.accessibilityInformation = { label: this.text };
    this.item.busy = busy;
    this.item.severity = vscode.LanguageStatusSeverity.Information;
  }
}
