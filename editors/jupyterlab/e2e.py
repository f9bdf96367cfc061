"""The server in a real JupyterLab with jupyterlab-lsp: diagnostics in the cells of a notebook.

python editors/jupyterlab/e2e.py    in an environment with jupyterlab, jupyterlab-lsp, ipykernel and playwright

TORCH_PITFALLS names the command to test; without it, the one on PATH. CHROMIUM names the browser, PICTURES a folder
for a picture of the notebook.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Error, Locator, Page, sync_playwright

COMMAND = os.environ.get("TORCH_PITFALLS", "torch-pitfalls")
BROWSER = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PICTURES = os.environ.get("PICTURES")
PATIENCE = 120.0
TOKEN = "token"

SPEC = {
    "LanguageServerManager": {
        "autodetect": False,
        "language_servers": {
            "torch-pitfalls": {
                "argv": [COMMAND, "server"],
                "languages": ["python"],
                "version": 2,
                "mime_types": ["text/x-python", "text/x-ipython"],
                "display_name": "torch-pitfalls",
            }
        },
    }
}
"""What docs/editors.md tells to put into jupyter_server_config.json."""

CELLS = [
    ("markdown", "# Training\n\n`loss.backward()` is not code here."),
    ("code", "import torch\n\nmodel = torch.nn.Linear(1, 1)\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)"),
    (
        "code",
        "for batch in range(3):\n    loss = model(torch.ones(1, 1)).sum()\n    loss.backward()\n    optimizer.step()",
    ),
]


def check(condition: object, what: str) -> None:
    print("ok  " if condition else "FAIL", what, flush=True)
    if not condition:
        raise SystemExit(1)


def eventually(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.2)
    check(condition(), what)


def notebook() -> str:
    cells = []
    for kind, text in CELLS:
        cell: dict[str, object] = {"cell_type": kind, "id": f"cell{len(cells)}", "metadata": {}, "source": text}
        cells.append(cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return "torch-pitfalls" in reply.read().decode()
    except OSError:
        return False


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="torch-pitfalls-jupyter-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        work, home = folder / "work", folder / "home"
        (home / ".jupyter").mkdir(parents=True)
        work.mkdir()
        (home / ".jupyter" / "jupyter_server_config.json").write_text(json.dumps(SPEC))
        (work / "train.ipynb").write_text(notebook())
        port = free_port()
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
        command += [f"--port={port}", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={work}"]
        env = os.environ | {"HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / ".jupyter")}
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            eventually(lambda: answers(f"{url}/lsp/status?token={TOKEN}"), "JupyterLab knows the server")
            browse(f"{url}/lab/tree/train.ipynb?token={TOKEN}")
        except BaseException:
            print((folder / "log").read_text()[-3000:], file=sys.stderr)
            raise
        finally:
            server.terminate()
            server.wait(30)


def browse(url: str) -> None:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=BROWSER, args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, device_scale_factor=2)
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(url)
        try:
            look(page)
        except BaseException:
            picture(page, "FAILED jupyterlab")
            raise
        browser.close()


def look(page: Page) -> None:
    page.locator(".jp-Notebook").wait_for()
    loop = page.locator(".jp-CodeCell").nth(1)
    mark = loop.locator(".cm-lintRange").first
    mark.wait_for()
    check("loss" in mark.inner_text(), "the call is underlined in its cell")
    tooltip = page.locator(".cm-tooltip", has_text="gradients are never cleared").first
    eventually(lambda: hovered(page, mark, tooltip), "a tooltip says what is wrong")
    picture(page, "jupyterlab")
    check(page.locator(".jp-MarkdownCell .cm-lintRange").count() == 0, "Markdown is left alone")
    page.mouse.move(5, 5)

    loop.locator(".cm-line", has_text="optimizer.step()").click()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("optimizer.zero_grad()")
    eventually(lambda: loop.locator(".cm-lintRange").count() == 0, "the mark goes when the gradients are cleared")


def hovered(page: Page, mark: Locator, tooltip: Locator) -> bool:
    try:
        page.mouse.move(5, 5)
        mark.hover(timeout=5000)
        tooltip.wait_for(timeout=5000)
    except Error:
        return False
    return True


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


if __name__ == "__main__":
    main()
    print("PASS")
