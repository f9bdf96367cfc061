/** The machine as the server's command needs to see it: executables on PATH, and what a Python says of itself. */

import { execFile, type ExecFileException } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import * as path from "node:path";
import type { Python } from "./command";

const PROBE =
  "import sys, importlib.util as u; " +
  "print(sys.version_info[0], sys.version_info[1], u.find_spec('torch_pitfalls') is not None)";
const PROBE_MILLISECONDS = 10_000;

/**
 * The absolute path of an executable.
 *
 * A name is looked for on PATH; relative entries of PATH are left out and so is the current folder,
 * because a workspace must not be able to put a program there. A relative path counts from `folder`.
 */
export function find(program: string, folder: string | undefined, searchPath: string): string | undefined {
  if (path.isAbsolute(program)) {
    return executable(program);
  }
  if (/[\\/]/.test(program)) {
    return folder === undefined ? undefined : executable(path.join(folder, program));
  }
  for (const entry of searchPath.split(path.delimiter)) {
    const found = path.isAbsolute(entry) ? executable(path.join(entry, program)) : undefined;
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function executable(file: string): string | undefined {
  const endings = process.platform === "win32" && path.extname(file) === "" ? [".exe"] : [""];
  for (const ending of endings) {
    try {
      accessSync(file + ending, constants.X_OK);
      if (statSync(file + ending).isFile()) {
        return file + ending;
      }
    } catch {
      // Not there or not to be run: the next one.
    }
  }
  return undefined;
}

/** Asks a Python for its version and whether it has the server; a string says why it cannot be asked. */
export function probe([command = "", ...args]: readonly string[]): Promise<Python | string> {
  return new Promise((done) => {
    execFile(
      command,
      [...args, "-I", "-c", PROBE],
      { timeout: PROBE_MILLISECONDS, windowsHide: true },
      (error, stdout, stderr) => {
        const answer = /^(\d+) (\d+) (True|False)\s*$/.exec(stdout);
        if (answer !== null) {
          done({ version: [Number(answer[1]), Number(answer[2])], hasServer: answer[3] === "True" });
        } else if (error?.killed === true) {
          done(`no answer within ${PROBE_MILLISECONDS / 1000} s`);
        } else {
          done(lastLine(stderr) ?? ended(error));
        }
      },
    );
  });
}

function ended(error: ExecFileException | null): string {
  if (error === null) {
    return "it printed something unexpected";
  }
  return typeof error.code === "number" ? `it ended with status ${error.code}` : error.message;
}

function lastLine(text: string): string | undefined {
  return text.trim().split(/\r?\n/).at(-1) || undefined;
}
