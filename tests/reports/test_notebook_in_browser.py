"""A review in a dark notebook, as a browser paints it: dark ink on white paper, whatever the notebook's own style."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from reports.notebook_view import result_html
from tests.reports.builders import everything

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DARK = """<!doctype html><meta charset="utf-8"><style>
body { background: #111; color: #eee; }
.output table { color: #eee; table-layout: fixed; }
.output tbody tr:nth-child(odd) { background: #333; }
.output td, .output th { text-align: right; color: #eee; font-weight: bold; }
.output p, .output li, .output code { color: #eee; background: #222; }
</style><div class="output">%s</div><pre id="seen"></pre><script>
const seen = new Set();
for (const e of document.querySelectorAll(".infusion-review :is(p, td, li, tr)")) {
  seen.add(getComputedStyle(e).color + " " + e.tagName);
}
for (const e of document.querySelectorAll(".infusion-review :is(td, tr, table)")) {
  seen.add("on " + getComputedStyle(e).backgroundColor);
}
document.getElementById("seen").textContent = [...seen].sort().join("; ");
</script>"""


@pytest.mark.browser
def test_ink_is_dark_and_paper_is_white_in_a_dark_notebook(tmp_path: Path) -> None:
    assert CHROMIUM, "Chromium is not installed"
    page = tmp_path / "dark.html"
    page.write_text(DARK % result_html(everything()), "utf-8")
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--proxy-server=127.0.0.1:9"]
    command = [CHROMIUM, *quiet, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    seen = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout)
    assert seen is not None
    # #1a1a1a and the quiet #555
    assert set(re.findall(r"^on .*|rgba?\([^)]*\)", seen[1].replace("; ", "\n"), re.M)) == {
        "rgb(26, 26, 26)",
        "rgb(85, 85, 85)",
        "on rgb(255, 255, 255)",
    }
