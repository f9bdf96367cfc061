/** A window of VS Code as a person has it: what is seen, and keys and the mouse. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { CodeServer, EXTENSION, type Options } from "../code-server";

/** How long anything may take, in milliseconds: machines differ, and no test is about time. */
export const PATIENCE = 1000 * Number(process.env["PATIENCE"] ?? 90);

const PICTURES = process.env["PICTURES"] ?? path.join(EXTENSION, "dist", "pictures");
const SHARPNESS = 2;
const SQUIGGLES = [".squiggly-error", ".squiggly-warning", ".squiggly-info", ".squiggly-hint"].join(", ");

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class Window {
  private constructor(
    readonly server: CodeServer,
    private readonly browser: Browser,
    readonly page: Page,
  ) {}

  static async open(options: Options = {}): Promise<Window> {
    const vsix = path.join(EXTENSION, "torch-pitfalls.vsix");
    const server = await CodeServer.start({ ...options, extensions: [vsix, ...(options.extensions ?? [])] });
    let browser: Browser | undefined;
    try {
      browser = await chromium.launch({
        executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
      });
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        deviceScaleFactor: SHARPNESS,
        ...(options.locale === undefined ? {} : { locale: options.locale }),
      });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      await page.goto(server.url());
      await page.locator(".monaco-workbench").waitFor();
      return new Window(server, browser, page);
    } catch (error) {
      await browser?.close();
      await server.end();
      server.forget();
      throw error;
    }
  }

  /** Closes everything; nothing of it may go on running. */
  async close(): Promise<void> {
    await this.browser.close();
    try {
      await this.server.end();
      await eventually("the server has ended with VS Code", async () => this.server.languageServers().length === 0);
    } finally {
      this.server.forget();
    }
  }

  /** Opens a file of the workspace by its name. */
  async file(name: string): Promise<void> {
    await this.page.keyboard.press("Escape");
    await this.page.locator(".explorer-viewlet").getByText(name, { exact: true }).first().dblclick();
    await this.page.locator(".tab.active", { hasText: name }).first().waitFor();
  }

  /** Writes a file into the workspace and opens it; VS Code sees it once it watches, that is, has opened another. */
  async newFile(name: string, text: string): Promise<void> {
    writeFileSync(this.path(name), text);
    await this.file(name);
  }

  path(name: string): string {
    return path.join(this.server.workspace, name);
  }

  /** What underlines code in the editor. */
  squiggles(kind: "error" | "warning" | "info" | "hint" | undefined = undefined): Locator {
    return this.page.locator(kind === undefined ? SQUIGGLES : `.squiggly-${kind}`);
  }

  async noSquiggles(): Promise<void> {
    await eventually("no squiggle is left", async () => (await this.squiggles().count()) === 0);
  }

  /** Moves the mouse onto something until the hover with a text is there. */
  async hover(place: Locator, text: string): Promise<Locator> {
    const hover = this.page.locator(".monaco-hover:visible", { hasText: text }).first();
    await eventually(`the hover says ${text}`, async () => {
      const box = await boxOf(place);
      await this.page.mouse.move(box.x + box.width + 200, box.y + 150);
      await this.page.mouse.move(box.x + Math.min(box.width / 2, 30), box.y + box.height / 2, { steps: 3 });
      return hover.waitFor({ timeout: 5000 }).then(
        () => true,
        () => false,
      );
    });
    return hover;
  }

  /** The menu of Ctrl+. at a place in the code. */
  async quickFixes(place: Locator): Promise<Locator> {
    const rows = this.page.locator(".action-widget .monaco-list-row");
    await eventually("Ctrl+. offers something", async () => {
      await this.page.keyboard.press("Escape");
      const box = await boxOf(place);
      await this.page.mouse.click(box.x + Math.min(box.width / 2, 30), box.y + box.height / 2);
      await this.page.keyboard.press("Control+.");
      return rows
        .first()
        .waitFor({ timeout: 5000 })
        .then(
          () => true,
          () => false,
        );
    });
    return rows;
  }

  /** Runs a command of the palette by its whole title. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    const input = this.page.locator(".quick-input-widget:visible input[type=text]").first();
    await input.waitFor();
    await input.fill(`>${title}`);
    await this.page.locator(".quick-input-widget .monaco-list-row", { hasText: title }).first().click();
  }

  /** Opens the language status and waits until it says so. */
  async status(...texts: string[]): Promise<Locator> {
    const hover = this.page.locator(".monaco-hover:visible .hover-language-status", { hasText: "torch-pitfalls" });
    await eventually(`the language status says ${texts.join(" and ")}`, async () => {
      await this.page.mouse.move(600, 300);
      await this.page.locator("#status\\.languageStatus").hover();
      await hover.first().waitFor({ timeout: 5000 }).catch(() => undefined);
      const said = (await hover.allInnerTexts()).join(" ");
      return texts.every((text) => said.includes(text));
    });
    return hover.first();
  }

  /** Nothing has popped up that the user has to close. */
  async noNotifications(): Promise<void> {
    assert.deepEqual(await this.page.locator(".notification-toast").allInnerTexts(), []);
  }

  /** The text of the active editor, as far as it is on the screen. */
  async text(): Promise<string> {
    const lines = await this.page.locator(".editor-instance .view-lines").first().innerText();
    return lines.replaceAll("\u00a0", " ");
  }

  /** Runs an action, and hands back all squiggles that were there meanwhile, however short, with the text of then. */
  async squigglesDuring(action: () => Promise<void>): Promise<string[]> {
    await this.page.evaluate((selector) => {
      const seen: string[] = [];
      const observer = new MutationObserver(() => {
        if (document.querySelector(selector) !== null) {
          const lines = [...document.querySelectorAll<HTMLElement>(".editor-instance .view-line")];
          lines.sort((a, b) => a.offsetTop - b.offsetTop);
          const text = lines.map((line) => line.textContent?.replaceAll("\u00a0", " ")).join("\n").trimEnd();
          if (seen.at(-1) !== text) {
            seen.push(text);
          }
        }
      });
      observer.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
      Object.assign(globalThis, { squigglesSeen: { seen, observer } });
    }, SQUIGGLES);
    await action();
    return this.page.evaluate(() => {
      const { seen, observer } = Reflect.get(globalThis, "squigglesSeen") as { seen: string[]; observer: MutationObserver };
      observer.disconnect();
      return seen;
    });
  }

  /** Saves, and waits until the file on disk is as it should be. */
  async saved(name: string, right: (text: string) => boolean): Promise<void> {
    await this.page.keyboard.press("Control+S");
    await eventually(`${name} is saved`, async () => right(readFileSync(this.path(name), "utf8")));
  }

  /** Takes a picture of the window, or of a part of it. */
  async picture(name: string, part?: Rectangle): Promise<void> {
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: path.join(PICTURES, `${name}.png`), ...(part === undefined ? {} : { clip: part }) });
  }
}

/** The tests of a file share a window; one that fails leaves a picture of it. */
export function inWindow(options: Options = {}): (name: string, run: (window: Window) => Promise<void>) => void {
  let window: Window | undefined;
  before(async () => {
    window = await Window.open(options);
  });
  after(() => window?.close());
  return (name, run) =>
    void test(name, async () => {
      assert.ok(window !== undefined, "there is no window");
      try {
        await run(window);
      } catch (error) {
        await window.picture(`FAILED ${name}`);
        throw error;
      }
    });
}

/** Asks again until it is so. */
export async function eventually(what: string, is: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(100)) {
    if (await is()) {
      return;
    }
  }
  assert.fail(`not within ${PATIENCE / 1000} s: ${what}`);
}

export async function boxOf(place: Locator): Promise<Rectangle> {
  await place.waitFor();
  const box = await place.boundingBox();
  assert.ok(box !== null, "not on the screen");
  return box;
}
