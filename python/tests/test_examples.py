"""The programs of examples/python/ and the blocks of the documents."""

from __future__ import annotations

import ast
import http.server
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from conftest import probe

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "python"


@pytest.mark.parametrize(
    ("name", "frames", "size"),
    [
        ("demo", 300, (500, 500)),
        ("demo_on_every_core", 300, (500, 500)),
        ("frames", 31, (256, 256)),
        ("scene", 300, (1280, 720)),
        ("waves", 300, (640, 360)),
    ],
)
def test_an_example_makes_its_movie(name: str, frames: int, size: tuple[int, int], tmp_path: Path) -> None:
    movie = tmp_path / "movie.mp4"
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), str(movie)]
    environment = {"MPLBACKEND": "agg", "PATH": "/usr/bin:/bin"}
    subprocess.run(command, check=True, cwd=tmp_path, env=environment, stdout=subprocess.PIPE)
    shown = probe(movie)
    assert (int(shown["nb_read_frames"]), (shown["width"], shown["height"])) == (frames, size)


def test_every_example_is_tested() -> None:
    tested = {"demo", "demo_on_every_core", "frames", "scene", "waves"}
    assert {path.stem for path in EXAMPLES.glob("*.py")} == tested


@pytest.mark.parametrize("page", ["README.md", "docs/python.md", "docs/clusters.md"])
def test_the_python_of_the_documents_is_python(page: str) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        ast.parse(block)


def test_the_notebook_runs_and_its_videos_play_in_chromium(tmp_path: Path) -> None:
    page = tmp_path / "notebook.html"
    convert = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", "--output", str(page)]
    subprocess.run([*convert, str(EXAMPLES / "notebook.ipynb")], check=True, cwd=tmp_path, stderr=subprocess.PIPE)
    (EXAMPLES / "notebook.mp4").unlink(missing_ok=True)
    elements = re.findall(r"<video .*?</video>", page.read_text(), re.DOTALL)
    assert len(elements) == 2
    assert visit("".join(elements) + PLAY, tmp_path) == "320x180 plays, 640x360 plays"


PLAY = """<script>
const played = video => new Promise(resolve => {
    video.onerror = () => resolve(`error ${video.error.code}`);
    video.ontimeupdate = () => video.currentTime > 0.2 && resolve(`${video.videoWidth}x${video.videoHeight} plays`);
    video.play();
});
Promise.all([...document.querySelectorAll("video")].map(played)).then(
    results => fetch("/report", {method: "POST", body: results.join(", ")}));
</script>"""


def visit(page: str, profile: Path) -> str:
    """Show a browser a page, and return what the page posts."""
    reports: queue.Queue[str] = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"<!DOCTYPE html><meta charset='utf-8'>{page}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            reports.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
        command += ["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"]
        command += ["--disable-extensions", "--mute-audio", f"--user-data-dir={profile / 'profile'}"]
        browser = subprocess.Popen(
            [*command, f"http://127.0.0.1:{server.server_port}/"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            return reports.get(timeout=180)
        finally:
            browser.kill()
            browser.wait()
            server.shutdown()
