/** Which program is the server: decided from the settings and the environment, without touching either. */

/** What the user has configured, exactly as written. */
export interface ServerSettings {
  /** The server command; empty when not set. */
  readonly path: string;
  /** A Python and its arguments; empty when not set. */
  readonly interpreter: readonly string[];
}

/** What a Python says of itself. */
export interface Python {
  readonly version: readonly [major: number, minor: number];
  /** Whether it can import `torch_pitfalls` in isolated mode. */
  readonly hasServer: boolean;
}

/** The server that comes with the extension. */
export interface Bundle {
  /** The script that puts the bundled packages first on the path and starts the server. */
  readonly launcher: string;
  /** A folder for bytecode: the extension's own folder is not to be written to. */
  readonly cache: string;
}

/** What the decision may ask. */
export interface Environment {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly workspaceFolder: string | undefined;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly bundle: Bundle | undefined;
  /** Puts a sentence into the user's language and `parts` into its places `{0}`, `{1}`… */
  say(sentence: string, ...parts: string[]): string;
  /** The interpreter selected in the Python extension, if there is one and it may be run. */
  selectedInterpreter(): Promise<string | undefined>;
  /** The absolute path of an executable, given by path or by a name to look for on PATH. */
  find(program: string): string | undefined;
  /** Asks a Python about itself; a string says why it cannot be asked. */
  probe(python: readonly string[]): Promise<Python | string>;
}

/** How to start the server. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** Where the server comes from, for people. */
  readonly origin: string;
}

/** Why there is no server, with a remedy: whole sentences for people. */
export interface Problem {
  readonly problem: string;
}

const OLDEST = [3, 10] as const;

/** Decides how to start the server. */
export async function resolve(settings: ServerSettings, env: Environment): Promise<Command | Problem> {
  if (settings.path.trim() !== "") {
    return fromPath(expand(settings.path.trim(), env), env);
  }
  if (settings.interpreter.length > 0) {
    return fromInterpreter(settings.interpreter.map((part) => expand(part, env)), env);
  }
  return automatic(env);
}

/** Replaces a leading `~`, `${workspaceFolder}`, `${userHome}` and `${env:NAME}`; the rest stays as it is. */
export function expand(text: string, env: Pick<Environment, "home" | "workspaceFolder" | "variables">): string {
  return text
    .replace(/^~(?=$|[\\/])/, () => env.home)
    .replace(/\$\{workspaceFolder\}/g, (whole) => env.workspaceFolder ?? whole)
    .replace(/\$\{userHome\}/g, () => env.home)
    .replace(/\$\{env:([^}]+)\}/g, (_, name: string) => env.variables[name] ?? "");
}

function fromPath(path: string, env: Environment): Command | Problem {
  const command = env.find(path);
  if (command === undefined) {
    return { problem: env.say("`torch-pitfalls.path` names {0}, which is not an executable file. Correct the setting or clear it.", path) };
  }
  return { command, args: ["server"], origin: command };
}

async function fromInterpreter(interpreter: readonly string[], env: Environment): Promise<Command | Problem> {
  const [program = "", ...args] = interpreter;
  const found = env.find(program);
  if (found === undefined) {
    return { problem: env.say("`torch-pitfalls.interpreter` names {0}, which is not an executable file. Correct the setting or clear it.", program) };
  }
  const python = await env.probe([found, ...args]);
  if (typeof python === "string") {
    return { problem: env.say("`torch-pitfalls.interpreter` names {0}, which does not run as Python: {1}. Correct the setting or clear it.", found, python) };
  }
  if (!recent(python)) {
    return { problem: env.say("`torch-pitfalls.interpreter` names {0}, which is Python {1}; the server needs 3.10 or newer.", found, python.version.join(".")) };
  }
  if (python.hasServer) {
    return installed([found, ...args], env);
  }
  if (env.bundle === undefined) {
    return { problem: env.say("{0} has no torch-pitfalls. Run `{1} -m pip install torch-pitfalls`.", found, [found, ...args].join(" ")) };
  }
  return bundled([found, ...args], env.bundle, env);
}

async function automatic(env: Environment): Promise<Command | Problem> {
  const refused: string[] = [];
  const usable: string[][] = [];
  for (const candidate of await candidates(env)) {
    const python = await env.probe(candidate.python);
    if (typeof python === "string") {
      refused.push(env.say("{0} does not run ({1})", candidate.python.join(" "), python));
    } else if (!recent(python)) {
      refused.push(env.say("{0} is Python {1}", candidate.python.join(" "), python.version.join(".")));
    } else if (candidate.selected && python.hasServer) {
      return installed(candidate.python, env);
    } else {
      usable.push(candidate.python);
      break;
    }
  }
  const [python] = usable;
  if (python !== undefined && env.bundle !== undefined) {
    return bundled(python, env.bundle, env);
  }
  const command = env.find("torch-pitfalls");
  if (command !== undefined) {
    return { command, args: ["server"], origin: command };
  }
  if (python !== undefined) {
    return { problem: env.say("No torch-pitfalls was found. Run `{0} -m pip install torch-pitfalls`.", python.join(" ")) };
  }
  const why = refused.length > 0 ? `: ${refused.join("; ")}` : "";
  return { problem: env.say("No Python that can run the server was found{0}. Install Python 3.10 or newer, or set `torch-pitfalls.interpreter` to one.", why) };
}

interface Candidate {
  readonly python: string[];
  readonly selected: boolean;
}

async function candidates(env: Environment): Promise<Candidate[]> {
  const result: Candidate[] = [];
  const selected = await env.selectedInterpreter();
  if (selected !== undefined) {
    result.push({ python: [selected], selected: true });
  }
  const names = env.platform === "win32" ? [["py", "-3"], ["python"], ["python3"]] : [["python3"], ["python"]];
  for (const [name = "", ...args] of names) {
    const found = env.find(name);
    if (found !== undefined) {
      result.push({ python: [found, ...args], selected: false });
    }
  }
  return result;
}

function recent(python: Python): boolean {
  const [major, minor] = python.version;
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

function installed([command = "", ...args]: readonly string[], env: Environment): Command {
  return { command, args: [...args, "-I", "-m", "torch_pitfalls", "server"], origin: env.say("installed in {0}", command) };
}

function bundled([command = "", ...args]: readonly string[], bundle: Bundle, env: Environment): Command {
  return {
    command,
    args: [...args, "-I", "-X", `pycache_prefix=${bundle.cache}`, bundle.launcher, "server"],
    origin: env.say("bundled, run by {0}", command),
  };
}
