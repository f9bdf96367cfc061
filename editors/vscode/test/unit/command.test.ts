import assert from "node:assert/strict";
import { test } from "node:test";
import { type Command, type Environment, expand, type Problem, type Python, resolve } from "../../src/command";

const BUNDLE = { launcher: "/ext/launcher.py", cache: "/storage/bytecode" };
const NEW: Python = { version: [3, 12], hasServer: false };
const OWN: Python = { version: [3, 10], hasServer: true };
const OLD: Python = { version: [3, 9], hasServer: true };

interface Machine {
  pythons?: Record<string, Python | string>;
  programs?: Record<string, string>;
  selected?: string;
  bundle?: boolean;
  platform?: NodeJS.Platform;
}

function environment(machine: Machine): Environment {
  const pythons = machine.pythons ?? {};
  return {
    platform: machine.platform ?? "linux",
    home: "/home/ada",
    workspaceFolder: "/project",
    variables: { VENV: "/venvs/a" },
    bundle: (machine.bundle ?? true) ? BUNDLE : undefined,
    say: (sentence, ...parts) => sentence.replace(/\{(\d)\}/g, (_, n: string) => parts[Number(n)] ?? ""),
    selectedInterpreter: async () => machine.selected,
    find: (program) => machine.programs?.[program] ?? (program in pythons ? program : undefined),
    probe: async ([command = ""]) => pythons[command] ?? "not there",
  };
}

function decide(machine: Machine, path = "", interpreter: string[] = []): Promise<Command | Problem> {
  return resolve({ path, interpreter }, environment(machine));
}

async function started(machine: Machine, path = "", interpreter: string[] = []): Promise<string> {
  const command = await decide(machine, path, interpreter);
  assert.ok(!("problem" in command), "problem" in command ? command.problem : "");
  return [command.command, ...command.args].join(" ");
}

async function refused(machine: Machine, path = "", interpreter: string[] = []): Promise<string> {
  const command = await decide(machine, path, interpreter);
  assert.ok("problem" in command, "a server was found");
  return command.problem;
}

const BUNDLED = "-I -X pycache_prefix=/storage/bytecode /ext/launcher.py server";

test("a configured path wins over everything else", async () => {
  const machine = { programs: { "/home/ada/tp": "/home/ada/tp" }, pythons: { "/py": OWN }, selected: "/py" };
  assert.equal(await started(machine, " ~/tp ", ["/py"]), "/home/ada/tp server");
});

test("a configured path that is not there is a problem, not a reason to take another server", async () => {
  assert.match(await refused({ pythons: { "/py": OWN }, selected: "/py" }, "/none"), /torch-pitfalls\.path.* names \/none,/);
});

test("a configured interpreter runs its own server", async () => {
  assert.equal(await started({ pythons: { "/py": OWN } }, "", ["/py"]), "/py -I -m torch_pitfalls server");
});

test("a configured interpreter keeps its arguments", async () => {
  const machine = { programs: { py: "C:\\py.exe" }, pythons: { "C:\\py.exe": OWN } };
  assert.equal(await started(machine, "", ["py", "-3.12"]), "C:\\py.exe -3.12 -I -m torch_pitfalls server");
});

test("a configured interpreter without a server runs the bundled one", async () => {
  const machine = { pythons: { "/project/.venv/bin/python": NEW } };
  assert.equal(await started(machine, "", ["${workspaceFolder}/.venv/bin/python"]), `/project/.venv/bin/python ${BUNDLED}`);
});

test("a configured interpreter without a server and without a bundle is told how to get one", async () => {
  assert.match(await refused({ pythons: { "/py": NEW }, bundle: false }, "", ["/py"]), /Run `\/py -m pip install torch-pitfalls`/);
});

test("a configured interpreter that is too old, broken or missing is a problem", async () => {
  assert.match(await refused({ pythons: { "/py": OLD } }, "", ["/py"]), /is Python 3\.9; the server needs 3\.10 or newer/);
  assert.match(await refused({ pythons: { "/py": "segmentation fault" } }, "", ["/py"]), /segmentation fault/);
  assert.match(await refused({}, "", ["/py"]), /names \/py, which is not an executable file/);
});

test("the selected interpreter's own server is taken", async () => {
  const machine = { selected: "/venv/python", pythons: { "/venv/python": OWN, python3: NEW } };
  assert.equal(await started(machine), "/venv/python -I -m torch_pitfalls server");
});

test("the selected interpreter runs the bundled server when it has none", async () => {
  const machine = { selected: "/venv/python", pythons: { "/venv/python": NEW, python3: NEW } };
  assert.equal(await started(machine), `/venv/python ${BUNDLED}`);
});

test("a selected interpreter that is too old or broken gives way to the one on PATH", async () => {
  const programs = { python3: "/usr/bin/python3" };
  for (const selected of [OLD, "no such file"]) {
    const pythons = { "/venv/python": selected, "/usr/bin/python3": NEW };
    assert.equal(await started({ selected: "/venv/python", programs, pythons }), `/usr/bin/python3 ${BUNDLED}`);
  }
});

test("a server installed for the Python on PATH is not preferred to the bundled one", async () => {
  const machine = { programs: { python3: "/usr/bin/python3" }, pythons: { "/usr/bin/python3": OWN } };
  assert.equal(await started(machine), `/usr/bin/python3 ${BUNDLED}`);
});

test("on Windows the py launcher comes first", async () => {
  const programs = { py: "C:\\py.exe", python: "C:\\python.exe" };
  const machine: Machine = { platform: "win32", programs, pythons: { "C:\\py.exe": NEW, "C:\\python.exe": NEW } };
  assert.equal(await started(machine), `C:\\py.exe -3 ${BUNDLED}`);
});

test("without a bundle or without a Python for it, the command on PATH is taken", async () => {
  const programs = { "torch-pitfalls": "/opt/bin/torch-pitfalls", python3: "/usr/bin/python3" };
  const command = "/opt/bin/torch-pitfalls server";
  assert.equal(await started({ programs, pythons: { "/usr/bin/python3": NEW }, bundle: false }), command);
  assert.equal(await started({ programs, pythons: { "/usr/bin/python3": OLD } }), command);
});

test("with nothing to run, the sentence names what was tried and a remedy", async () => {
  const machine = { programs: { python3: "/usr/bin/python3" }, pythons: { "/usr/bin/python3": OLD } };
  const sentence = await refused(machine);
  assert.match(sentence, /\/usr\/bin\/python3 is Python 3\.9/);
  assert.match(sentence, /Install Python 3\.10 or newer, or set `torch-pitfalls\.interpreter`/);
  assert.match(await refused({}), /^No Python that can run the server was found\. Install/);
});

test("a Python without bundle or server is told how to get one", async () => {
  const machine = { programs: { python3: "/usr/bin/python3" }, pythons: { "/usr/bin/python3": NEW }, bundle: false };
  assert.match(await refused(machine), /Run `\/usr\/bin\/python3 -m pip install torch-pitfalls`/);
});

test("expand replaces the known variables and nothing else", () => {
  const env = environment({});
  assert.equal(expand("~/bin", env), "/home/ada/bin");
  assert.equal(expand("a~/b", env), "a~/b");
  assert.equal(expand("~bob/bin", env), "~bob/bin");
  assert.equal(expand("${workspaceFolder}/x${userHome}", env), "/project/x/home/ada");
  assert.equal(expand("${env:VENV}/bin${env:NONE}", env), "/venvs/a/bin");
  assert.equal(expand("${workspaceFolder}/x", { ...env, workspaceFolder: undefined }), "${workspaceFolder}/x");
  assert.equal(expand("${other}", env), "${other}");
});
