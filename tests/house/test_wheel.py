"""The wheel as a user gets it: four packages and nothing else, and it runs without the tools of development."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.house.places import PACKAGES, ROOT

pytestmark = pytest.mark.wheel
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}


def _run(*words: str | Path, cwd: Path, env: Mapping[str, str] = CLEAN) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, words)), cwd=cwd, env=dict(env), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel made from that sdist."""
    out = tmp_path_factory.mktemp("built")
    done = _run(sys.executable, "-m", "build", "--outdir", out, ROOT, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed command in an environment that holds nothing but the wheel and what it asks for."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=True)
    folder = place / ("Scripts" if os.name == "nt" else "bin")
    done = _run(folder / "python", "-m", "pip", "install", "--quiet", wheel, cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "infusion-timeline"


def test_the_top_level_is_the_four_packages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert len(tops) == len(PACKAGES) + 1


def test_data_of_every_package_goes_along(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    tracked = _run("git", "ls-files", *PACKAGES, cwd=ROOT).stdout.split()
    assert {name for name in tracked if name not in packed} == set()
    assert {f"workbench/sample_day/{name}" for name in ("day.hl7", "day.csv", "billed.csv")} <= packed
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in packed)
    for ending in (".yaml", ".schema.json", ".j2", ".css"):
        assert any(name.endswith(ending) for name in packed), ending


def test_no_test_or_bytecode_goes_along(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if "test" in name.split("/")[0] or name.endswith(".pyc")] == []


def test_the_source_archive_can_be_built_and_tested(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "Makefile", "uv.lock", "sample_data/day.hl7", "tests/conftest.py"} <= names


def test_the_version_is_said(command: Path, tmp_path: Path) -> None:
    done = _run(command, "--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("infusion-timeline, version ")


def test_the_demo_runs(command: Path, tmp_path: Path) -> None:
    done = _run(command, "demo", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Encounter CONCURRENT-SAME-LINE" in done.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["infusion-timeline-demo.html"]


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_file_is_analyzed(command: Path, tmp_path: Path, form: str) -> None:
    done = _run(command, "analyze", ROOT / "sample_data" / "day.csv", "--format", form, cwd=tmp_path)
    # a code table has no room for questions: that three of them are open is said beside it
    open_questions = "3 questions are open (not in this table); --format json or the table view lists them.\n"
    # what became of the records stands in the table; beside the other forms it is said
    accounted = "132 records: 130 used, 2 ignored, 0 rejected.\n"
    said = {"table": "", "json": accounted, "csv": open_questions + accounted}
    assert (done.returncode, done.stderr) == (0, said[form])
    assert "96368" in done.stdout


def test_a_format_whose_extra_is_missing_says_what_to_install(command: Path, tmp_path: Path) -> None:
    (tmp_path / "meds.parquet").write_bytes(b"PAR1" + b"\x00" * 64 + b"PAR1")
    done = _run(command, "analyze", tmp_path / "meds.parquet", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    said = " ".join(done.stdout.split())
    assert "pip install" in said
    assert "infusion-timeline[parquet]" in said


def test_an_overwritten_package_is_noticed(command: Path, tmp_path: Path) -> None:
    python = command.parent / "python"
    where = _run(python, "-c", "import timeline; print(timeline.__file__)", cwd=tmp_path).stdout.strip()
    init = Path(where)
    ours = init.read_bytes()
    init.write_bytes(b"# another distribution's timeline\n")
    try:
        done = _run(command, "demo", cwd=tmp_path)
    finally:
        init.write_bytes(ours)
    assert done.returncode == 2
    assert "The package 'timeline' was overwritten by another distribution." in done.stderr
    assert "Traceback" not in done.stderr
