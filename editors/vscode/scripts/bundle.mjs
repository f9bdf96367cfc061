// Puts the server and its dependencies into bundled/libs and their licences into bundled/THIRD-PARTY-NOTICES.txt.
// The Python that does it is $PYTHON, otherwise python3; it needs pip.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const bundled = path.join(here, "..", "bundled");
const libs = path.join(bundled, "libs");
const repository = path.join(here, "..", "..", "..");
const python = process.env.PYTHON ?? "python3";

// Scripts nobody runs, and what jedi knows of packages that people install with their own types.
const USELESS = ["bin", "jedi/third_party/django-stubs", "jedi/third_party/typeshed/stubs"];

function run(...args) {
  execFileSync(python, args, { stdio: ["ignore", "inherit", "inherit"] });
}

function install() {
  const wheels = mkdtempSync(path.join(tmpdir(), "torch-pitfalls-"));
  try {
    const pip = ["-m", "pip", "--quiet", "--disable-pip-version-check"];
    run(...pip, "wheel", "--no-deps", "--wheel-dir", wheels, repository);
    const pure = ["--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none", "--python-version=3.10"];
    const own = readdirSync(wheels).map((name) => path.join(wheels, name));
    run(...pip, "install", "--no-deps", "--no-compile", ...pure, "--target", libs, "-r", path.join(here, "bundle.txt"), ...own);
  } finally {
    rmSync(wheels, { recursive: true });
  }
}

function distributions() {
  return readdirSync(libs).filter((name) => name.endsWith(".dist-info"));
}

function files(folder) {
  return readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name));
}

function notices() {
  const parts = ["The extension contains these packages, each under its own licence.\n"];
  for (const distribution of distributions().filter((name) => !name.startsWith("torch_pitfalls"))) {
    const folder = path.join(libs, distribution);
    const licences = files(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(path.basename(file)) && !file.endsWith("licenses"));
    if (licences.length === 0) {
      throw new Error(`${distribution} has no licence file`);
    }
    parts.push(`${"=".repeat(100)}\n${distribution.replace(".dist-info", "").replace("-", " ")}\n`);
    parts.push(...licences.map((file) => readFileSync(file, "utf8").trim() + "\n"));
  }
  writeFileSync(path.join(bundled, "THIRD-PARTY-NOTICES.txt"), parts.join("\n"));
}

function prune() {
  for (const name of [...distributions(), ...USELESS]) {
    rmSync(path.join(libs, name), { recursive: true, force: true });
  }
}

// Without the site module nothing but the standard library and the bundle can be imported.
function verify() {
  run("-I", "-S", "-B", "-c", `import sys; sys.path.insert(0, ${JSON.stringify(libs)}); import torch_pitfalls.cli, torch_pitfalls.lsp.server, jedi`);
  const compiled = files(libs).filter((name) => /\.(so|pyd|dylib)$/.test(name));
  if (compiled.length > 0) {
    throw new Error(`the bundle must be pure Python, but has ${compiled.join(", ")}`);
  }
}

rmSync(bundled, { recursive: true, force: true });
mkdirSync(libs, { recursive: true });
install();
notices();
prune();
verify();
console.log(`${files(libs).filter((name) => existsSync(name)).length} files in ${path.relative(process.cwd(), libs)}`);
