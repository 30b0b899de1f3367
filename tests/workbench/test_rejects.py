"""``--rejects DIR``: what was rejected is written out verbatim, can be mended, and is then read."""

from __future__ import annotations

import csv
import gzip
import stat
from pathlib import Path

import pytest

from parsers.events import Rejected
from parsers.files import Content, Found, open_input
from parsers.rejects_list import COLUMNS
from tests.parsers.hl7_charts import MSH, ORC, PID, PV1, RXR, rxa
from tests.workbench.commands import BAD, run
from workbench import rejects as module
from workbench.pipeline import analyze

HEADER = "encounter_id,order_id,drug,route,site,action,time"
GOOD = "E1,A,cefazolin,IVPB,left arm,New Bag,2026-03-10T08:00"
STOP = "E1,A,cefazolin,IVPB,left arm,Stopped,2026-03-10T08:45"
BROKEN = 'E1,B,"ceftriaxone, 1 g",IVPB,left arm,Swapped,2026-03-10T09:00'
UTC = ("--timezone", "UTC")


def hl7(number: int, action: str = "New Bag", time: str = "202603100800", end: str = "\r") -> str:
    header = MSH.replace("|M1|", f"|M{number}|")
    return end.join([header, PID, PV1, ORC, rxa(time, status=action), RXR]) + end


FEED = hl7(1) + hl7(2, "Swapped") + hl7(3, "Stopped", "202603100845") + hl7(4, "Stopped", "20260310")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mar.csv").write_text("\n".join([HEADER, GOOD, BROKEN, STOP]) + "\n", "utf-8")
    (tmp_path / "day.hl7").write_bytes(FEED.encode())
    return tmp_path


def rejects(*words: str, stdin: bytes | None = None) -> str:
    """Analyze with ``--rejects out``; what was said on standard error."""
    done = run("analyze", *words, *UTC, "--format", "csv", "--rejects", "out", stdin=stdin)
    assert done.exit_code in (1, 2)
    return done.stderr


def listed() -> list[dict[str, str]]:
    with Path("out/rejects.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path("out").iterdir())}


# What is written


def test_rows_stand_below_their_header_as_they_were(here: Path) -> None:
    said = rejects("mar.csv")
    assert Path("out/mar.rejected.csv").read_text("utf-8") == f"{HEADER}\n{BROKEN}\n"
    assert "3 records: 2 used, 0 ignored, 1 rejected." in said
    assert "1 rejected record was written to the folder out; rejects.csv there says why." in said


def test_messages_stand_as_they_were(here: Path) -> None:
    rejects("day.hl7")
    assert Path("out/day.rejected.hl7").read_bytes() == (hl7(2, "Swapped") + hl7(4, "Stopped", "20260310")).encode()


def test_the_list_says_where_why_and_what_to_do(here: Path) -> None:
    rejects("day.hl7", "mar.csv")
    rows = listed()
    assert list(rows[0]) == list(COLUMNS)
    assert [(r["file"], r["record"], r["row"], r["code"], r["saved_in"]) for r in rows] == [
        ("day.hl7", "2", "", "action-unknown", "day.rejected.hl7"),
        ("day.hl7", "4", "", "date-only", "day.rejected.hl7"),
        ("mar.csv", "2", "3", "action-unknown", "mar.rejected.csv"),
    ]
    assert rows[0]["offset"] == str(len(hl7(1)))
    assert "'Swapped' is not known" in rows[2]["message"]
    assert "action_map" in rows[2]["fix"]


def test_files_are_private(here: Path) -> None:
    rejects("day.hl7", "mar.csv")
    assert stat.S_IMODE(Path("out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in Path("out").iterdir()} == {0o600}


def test_a_second_run_gives_the_same_files(here: Path) -> None:
    rejects("day.hl7", "mar.csv")
    first = files()
    rejects("mar.csv", "day.hl7")
    assert files() == first
    assert list(first) == ["day.rejected.hl7", "mar.rejected.csv", "rejects.csv"]


def test_what_somebody_mends_is_never_written_over(here: Path) -> None:
    rejects("mar.csv")
    Path("out/mar.rejected.csv").write_text("mended\n", "utf-8")
    for _ in range(2):
        rejects("mar.csv")
        assert Path("out/mar.rejected.csv").read_text("utf-8") == "mended\n"
        assert Path("out/mar.rejected.2.csv").read_text("utf-8") == f"{HEADER}\n{BROKEN}\n"
        assert listed()[0]["saved_in"] == "mar.rejected.2.csv"
    assert len(files()) == 3


def test_files_of_one_name_stay_apart(here: Path) -> None:
    for ward in ("east", "west"):
        Path("in", ward).mkdir(parents=True)
        Path("in", ward, "mar.csv").write_text(f"{HEADER}\n{BROKEN.replace('E1', ward)}\n", "utf-8")
    rejects("in")
    assert [r["saved_in"] for r in listed()] == ["east__mar.rejected.csv", "west__mar.rejected.csv"]


def test_a_file_rejected_as_a_whole_is_listed_only(here: Path) -> None:
    Path("photo.csv").write_bytes(b"\x89PNG\x00\x00" * 50)
    said = rejects("photo.csv", "mar.csv", "nowhere.csv")
    assert [(r["file"], r["code"], r["saved_in"]) for r in listed()] == [
        ("mar.csv", "action-unknown", "mar.rejected.csv"),
        ("nowhere.csv", "file-missing", ""),
        ("photo.csv", "kind-binary", ""),
    ]
    assert "1 rejected record was written to the folder out (2 more only listed)" in said


def test_with_nothing_to_cut_out_the_list_is_all(here: Path) -> None:
    said = rejects("nowhere.csv")
    assert "What was rejected is listed in rejects.csv in the folder out; no record could be cut out." in said
    assert list(files()) == ["rejects.csv"]


def test_nothing_rejected_makes_no_folder(here: Path) -> None:
    Path("good.csv").write_text(f"{HEADER}\n{GOOD}\n{STOP}\n", "utf-8")
    done = run("analyze", "good.csv", *UTC, "--format", "csv", "--rejects", "out")
    assert done.exit_code == 0
    assert not Path("out").exists()
    rejects("mar.csv")
    run("analyze", "good.csv", *UTC, "--format", "csv", "--rejects", "out")
    assert listed() == []  # the list is that of the last run


def test_a_formula_in_a_file_name_is_no_formula(here: Path) -> None:
    Path("=1+2.csv").write_text(f"{HEADER}\n{BROKEN}\n", "utf-8")
    rejects("=1+2.csv")
    assert listed()[0]["file"] == "'=1+2.csv"


# Mended and fed again


def test_a_mended_row_gives_its_event(here: Path) -> None:
    rejects("mar.csv")
    mended = Path("out/mar.rejected.csv")
    mended.write_text(mended.read_text("utf-8").replace("Swapped", "Given"), "utf-8")
    (event,) = (a for e in analyze("out", timezone="UTC").encounters for a in e.timeline.administrations)
    assert event.drug == "ceftriaxone, 1 g"


def test_mended_messages_and_the_rest_give_what_a_good_feed_gives(here: Path) -> None:
    rejects("day.hl7")
    mended = Path("out/day.rejected.hl7")
    text = mended.read_bytes().replace(b"Swapped", b"Rate Verify").replace(b"|20260310|", b"|202603100845|")
    mended.write_bytes(text)
    whole = FEED.replace("Swapped", "Rate Verify").replace("|20260310|", "|202603100845|")
    Path("whole.hl7").write_bytes(whole.encode())
    together = analyze(["day.hl7", "out/day.rejected.hl7"], timezone="UTC")
    alone = analyze("whole.hl7", timezone="UTC")
    assert [(x.code, x.units, x.minutes) for e in together.encounters for x in e.lines] == [
        (x.code, x.units, x.minutes) for e in alone.encounters for x in e.lines
    ]
    assert [(x.code, x.minutes) for e in alone.encounters for x in e.lines] == [("96365", 45)]


def test_the_folder_unmended_is_rejected_for_the_same_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing that was rejected becomes usable by being written out: cut messages stay cut, shifted rows shifted.
    monkeypatch.chdir(tmp_path)
    rejects(BAD)
    before = sorted(r["code"] for r in listed() if r["saved_in"])
    again = analyze("out", timezone="UTC").result
    after = sorted(r.code for r in again.rejected)
    # A log line that stood beside messages is a text file of its own now.
    expected = ["columns-missing" if code == "text-outside-message" else code for code in before]
    assert after == sorted(expected)
    assert [i.reason for i in again.ignored] == ["list of rejected records, written by --rejects"]
    assert again.used == 0


# Forms of input


def test_a_feed_in_mllp_frames_cut_in_the_last_one(here: Path) -> None:
    framed = f"\x0b{hl7(1)}\x1c\r\x0b{hl7(2, 'Swapped')}\x1c\r\x0b{hl7(3, 'Stopped', '202603100845')}"
    Path("framed.hl7").write_bytes(framed.encode())
    rejects("framed.hl7")
    assert [r["code"] for r in listed()] == ["action-unknown", "message-truncated"]
    assert [r.code for r in analyze("out/framed.rejected.hl7", timezone="UTC").result.rejected] == [
        "action-unknown",
        "message-truncated",
    ]


def test_a_message_cut_off_before_the_next_stays_cut(here: Path) -> None:
    # The first ends inside its RXA and the next begins on the same line: a line end alone would make it look whole.
    cut = hl7(1).split("|1000|")[0].replace("ertapenem^99MAR", "erta")
    Path("joined.hl7").write_bytes((cut + hl7(2, "Swapped")).encode())
    rejects("joined.hl7")
    assert [r["code"] for r in listed()] == ["message-truncated", "action-unknown"]
    again = analyze("out/joined.rejected.hl7", timezone="UTC").result
    assert [r.code for r in again.rejected] == ["message-truncated", "action-unknown"]
    assert again.used == 0


def test_gzip_and_standard_input_are_reached_again(here: Path) -> None:
    Path("day.hl7.gz").write_bytes(gzip.compress(FEED.encode(), mtime=0))
    expected = (hl7(2, "Swapped") + hl7(4, "Stopped", "20260310")).encode()
    rejects("day.hl7.gz")
    assert Path("out/day.rejected.hl7").read_bytes() == expected
    rejects("-", stdin=gzip.compress(FEED.encode(), mtime=0))
    assert Path("out/stdin.rejected.hl7").read_bytes() == expected


def test_stray_texts_stand_in_a_file_of_their_own(here: Path) -> None:
    Path("log.hl7").write_bytes(b"08:00 connected\n" + hl7(2, "Swapped").encode())
    rejects("log.hl7")
    assert Path("out/log.rejected-text.txt").read_bytes() == b"08:00 connected\n"
    assert Path("out/log.rejected.hl7").read_bytes() == hl7(2, "Swapped").encode()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_table_keeps_its_encoding(here: Path, encoding: str) -> None:
    rows = [HEADER, BROKEN.replace("ceftriaxone", "Zoë's"), STOP, BROKEN.replace("E1", "E2")]
    Path("mar.csv").write_bytes("\r\n".join(rows).encode(encoding))
    rejects("mar.csv")
    wanted = "\r\n".join([rows[0], rows[1], rows[3]]) + "\n"
    assert Path("out/mar.rejected.csv").read_bytes() == wanted.encode(encoding)


def test_titles_and_the_delimiter_come_along(here: Path) -> None:
    rows = ["sep=;", "Ward report, of March", HEADER.replace(",", ";"), GOOD.replace(",", ";")]
    rows += ['E1;B;"ceftriaxone\n1 g; in a bag";IVPB;left arm;Swapped;2026-03-10T09:00', STOP.replace(",", ";")]
    Path("mar.csv").write_text("\n".join(rows) + "\n", "utf-8")
    rejects("mar.csv")
    assert Path("out/mar.rejected.csv").read_text("utf-8") == "\n".join([*rows[:3], rows[4]]) + "\n"


def test_a_workbook_is_written_as_csv(here: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook("mar.xlsx") as book:
        sheet = book.add_worksheet("MAR")
        for number, row in enumerate([HEADER, GOOD, BROKEN.replace('"', "").replace(", 1 g", ""), STOP]):
            sheet.write_row(number, 0, row.split(","))
    rejects("mar.xlsx")
    assert Path("out/mar.rejected.csv").read_text("utf-8") == (
        f"{HEADER}\nE1,B,ceftriaxone,IVPB,left arm,Swapped,2026-03-10T09:00\n"
    )


# Where it may not go


def test_the_folder_may_not_lie_in_a_folder_that_is_read(here: Path) -> None:
    Path("in").mkdir()
    Path("mar.csv").rename("in/mar.csv")
    done = run("analyze", "in", *UTC, "--rejects", "in/rejects")
    assert done.exit_code == 2
    assert "the next run would read the rejects as input" in " ".join(done.stderr.split())
    assert run("analyze", "in", *UTC, "--rejects", "in/.rejects").exit_code == 1  # passed over when reading


def test_the_folder_may_not_hold_an_input(here: Path) -> None:
    rejects("mar.csv")
    done = run("analyze", "out/mar.rejected.csv", *UTC, "--rejects", "out")
    assert done.exit_code == 2
    assert "holds a file that is to be read" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("folder", "said"),
    [("mar.csv", "mar.csv is a file: --rejects names a folder."), ("no/such", "the folder no does not exist")],
)
def test_a_folder_that_cannot_be(here: Path, folder: str, said: str) -> None:
    done = run("analyze", "day.hl7", *UTC, "--rejects", folder)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


def test_a_file_that_changed_meanwhile_is_listed_only(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(found: Found) -> Content | Rejected:
        Path("mar.csv").write_text(f"{HEADER}\n{BROKEN}\n{BROKEN}\n", "utf-8")
        return open_input(found)

    monkeypatch.setattr(module, "open_input", changed)
    said = rejects("mar.csv")
    assert "mar.csv has changed since it was read, so its rejected records are listed only. Run again." in said
    assert [(r["row"], r["saved_in"]) for r in listed()] == [("3", "")]
