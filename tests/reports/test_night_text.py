"""What a nightly run says at a terminal: written by hand, then compared."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from parsers.events import Finding, Rejected, Source
from reports.night import NightFile, NightTotals
from reports.night_delays import delays
from reports.night_text import CAUSES, ENCOUNTERS, FILES, LINES, REJECTED, render_night
from tests.reports.night_charts import (
    ADDED_HOUR,
    DRY,
    MERGED,
    QUIET,
    TAKEN_BACK,
    encounter,
    hundreds,
    late_stop,
    line,
    night,
)

RULE = "-"


def part(text: str, title: str) -> str:
    """The rows under a title, up to the next one."""
    rows = text.splitlines()
    first = next(n for n, row in enumerate(rows) if row.startswith(f"{title} -")) + 1
    last = next((n for n, row in enumerate(rows[first:], first) if row.endswith("----")), len(rows))
    return "\n".join(rows[first:last]).strip("\n")


def test_a_quiet_night() -> None:
    assert render_night(QUIET, 80) == (
        "Nightly run 12, 2026-03-12 02:00 to 02:04, America/New_York\n"
        "Policy facility 2026-01-01, Infusion Timeline 0.2.0.\n"
        "\n"
        f"Files {RULE * 74}\n"
        "No new file; 3 files known from earlier runs.\n"
        "\n"
        f"Changed since they were last reported {RULE * 42}\n"
        "No encounter that was reported before is coded differently now.\n"
        "\n"
        f"Reported for the first time {RULE * 52}\n"
        "No encounter.\n"
        "\n"
        f"Late entries and corrections by unit and nurse {RULE * 33}\n"
        "None.\n"
        "\n"
        f"The run and the store {RULE * 58}\n"
        "Run: 0 encounters touched, 0 coded; 0 new, 0 changed; lines 0 new, 0 changed, 0\n"
        "  withdrawn; $0.00.\n"
        "Store: 1,204 encounters, 3,310 lines, 41 open queries, $401,200.50.\n"
        "Amounts: Medicare national unadjusted.\n"
        "Supports a coder; a person releases charges.\n"
    )


def test_a_late_entry_adds_an_hour() -> None:
    assert render_night(ADDED_HOUR, 80) == (
        "Nightly run 12, 2026-03-12 02:00 to 02:04, America/New_York\n"
        "Policy facility 2026-01-01, Infusion Timeline 0.2.0.\n"
        "\n"
        f"Files {RULE * 74}\n"
        "1 new file, 3 files known from earlier runs.\n"
        "152 records: 140 used, 10 ignored, 2 rejected; 138 new charted events.\n"
        "  file           kind        records   used   ignored   rejected\n"
        "  mar_0311.csv   mar-table       152    140        10          2\n"
        "  ignored 9: an exact copy of an earlier row\n"
        "  ignored 1: a blank row\n"
        "\n"
        f"Rejected: 2 {RULE * 68}\n"
        "  mar_0311.csv, row 20: 'time' holds 9/99. Write it with a year.\n"
        "  mar_0311.csv, row 31: 'drug' is empty. Name the drug.\n"
        "\n"
        f"Changed since they were last reported {RULE * 42}\n"
        "1 encounter, 1 line changed, +$42.11.\n"
        "\n"
        "Encounter E1001, patient P7, 2026-03-10\n"
        "  96366  units 1 -> 2  +$42.11  vancomycin\n"
        "      Vancomycin ran 135 minutes, 08:00-10:15.\n"
        "  1 query closed (1 open before, 0 now)\n"
        "  amount $242.11 -> $284.22 (+$42.11)\n"
        "  late entry, vancomycin: Stop of 10:15, charted 22 h 57 min later (nurse N01,\n"
        "    unit ONC; mar_0311.csv, row 14).\n"
        "\n"
        f"Reported for the first time {RULE * 52}\n"
        "No encounter.\n"
        "\n"
        f"Late entries and corrections by unit and nurse {RULE * 33}\n"
        "                late entries   corrections   encounters   median delay\n"
        "  unit ONC                 1             0            1    22 h 57 min\n"
        "    nurse N01              1             0            1    22 h 57 min\n"
        "Charted well after their own time, or changed later. The counts show where\n"
        "  charting comes late, not why.\n"
        "\n"
        f"The run and the store {RULE * 58}\n"
        "Run: 1 encounter touched, 2 coded; 0 new, 1 changed; lines 0 new, 1 changed, 0\n"
        "  withdrawn; +$42.11.\n"
        "Store: 1,204 encounters, 3,310 lines, 40 open queries, $401,242.61.\n"
        "Amounts: Medicare national unadjusted.\n"
        "Supports a coder; a person releases charges.\n"
    )


def test_a_correction_takes_a_line_back() -> None:
    """Two causes are numbered, and each line names its own; an opened query; a credit is below 0."""
    assert part(render_night(TAKEN_BACK, 100), "Changed since they were last reported") == (
        "1 encounter, 1 line new, 1 line changed, 1 line withdrawn, -$112.56.\n"
        "\n"
        "Encounter E2002, 2026-03-10\n"
        "  96367-59  withdrawn, units 1  -$70.45  cefepime [1, 2]\n"
        "  96366     units 2 -> 1        -$42.11  vancomycin [2]\n"
        "      Vancomycin ran 90 minutes, 08:00-09:30.\n"
        "  96368     new, units 1          $0.00  cefepime\n"
        "      Cefepime ran beside vancomycin.\n"
        "  1 query opened (0 open before, 1 now)\n"
        "  amount $396.78 -> $284.22 (-$112.56)\n"
        "  [1] correction, cefepime: New bag of 09:00 was taken back (nurse N02, unit ONC; feed.hl7, record\n"
        "      7).\n"
        "  [2] late entry, vancomycin: Stop of 09:30, charted 23 h 42 min later (unit INFUSION; mar_0311.csv,\n"
        "      row 15)."
    )


def test_late_entries_and_corrections_stand_by_unit_and_nurse_without_codes_or_amounts() -> None:
    said = part(render_night(TAKEN_BACK, 100), "Late entries and corrections by unit and nurse")
    assert said == (
        "                        late entries   corrections   encounters   median delay\n"
        "  unit INFUSION                    1             0            1    23 h 42 min\n"
        "    nurse not charted              1             0            1    23 h 42 min\n"
        "  unit ONC                         0             1            1\n"
        "    nurse N02                      0             1            1\n"
        "Charted well after their own time, or changed later. The counts show where charting comes late, not\n"
        "  why."
    )


def test_a_merge_and_first_time_encounters() -> None:
    """A line on another date than its encounter's first shows it; first-time encounters are summed up by code."""
    text = render_night(MERGED, 80)
    assert "The run was broken off 2 times and taken up again; each file was read once.\n" in text
    assert "Policy facility 2026-01-01, profile epic, Infusion Timeline 0.2.0.\n" in text
    assert part(text, "Worth a look") == "  warning: The policy is not that of the last run. Read what changed."
    assert part(text, "Changed since they were last reported") == (
        "2 encounters, 2 lines changed, 1 line withdrawn, -$100.28.\n"
        "  code    lines   units more   units fewer     amount\n"
        "  96365       2            0             1   -$184.50\n"
        "  96366       1            2             0    +$84.22\n"
        "\n"
        "  cause   encounters\n"
        "  merge            2\n"
        "\n"
        "Encounter E3003, 2026-03-10\n"
        "  96365  2026-03-11  units 1, as before   +$5.50  ceftriaxone\n"
        "  96366  2026-03-10  units 1 -> 3        +$84.22  ceftriaxone\n"
        "  amount $232.11 -> $321.83 (+$89.72)\n"
        "  merge: Two encounter numbers were merged (adt.hl7, record 2).\n"
        "\n"
        "Encounter E3004, 2026-03-10\n"
        "  96365  withdrawn, units 1  -$190.00  ceftriaxone\n"
        "  amount $190.00 -> $0.00 (-$190.00)\n"
        "  merge: Two encounter numbers were merged (adt.hl7, record 2)."
    )
    assert part(text, "Reported for the first time") == (
        "2 encounters, 3 lines, $497.84, 1 open query.\n"
        "  code    lines   units    amount\n"
        "  96374       2       3   $450.00\n"
        "  96375       1       1    $47.84"
    )
    assert "4 encounters removed, older than --keep.\n" in text


def test_a_dry_run_says_so_at_once() -> None:
    assert render_night(DRY, 100).splitlines()[1:3] == [
        "Dry run: this is what a run would do. Nothing was stored, and these changes do not count as",
        "  reported.",
    ]
    assert "Dry run" not in render_night(ADDED_HOUR)


def test_without_rates_no_dollar_is_shown() -> None:
    bare = night(encounter("E1", line("changed", "96366", 1, 2), line("new", "96367", 0, 1), causes=(late_stop(),)))
    text = render_night(bare)
    assert "$" not in text
    assert "Amounts" not in text
    assert "  96366  units 1 -> 2  vancomycin\n  96367  new, units 1  vancomycin\n" in text


def test_queries_alone_may_have_changed() -> None:
    report = night(encounter("E1", queries_before=1, queries_after=3, causes=(late_stop(),)))
    said = part(render_night(report), "Changed since they were last reported")
    assert said.startswith("1 encounter.\n\nEncounter E1, 2026-03-10\n  2 queries opened (1 open before, 3 now)\n")


def test_a_query_may_close_while_another_opens() -> None:
    swapped = encounter("E1", queries_before=1, queries_after=1, queries_opened=1, queries_closed=1)
    said = part(render_night(night(swapped)), "Changed since they were last reported")
    assert "  1 query opened, 1 query closed (1 open before, 1 now)\n" in said


def test_hundreds_of_changes_are_summed_up_and_the_largest_told() -> None:
    report = hundreds()
    large = encounter(
        "E9999", line("new", "96413", 0, 1, (None, 331.0)), amount_before=0.0, amount_after=331.0, causes=(late_stop(),)
    )
    text = render_night(replace(report, changes=(*report.changes, large)), 80)
    assert "301 encounters, 1 line new, 300 lines changed, +$12,964.00.\n" in text
    assert f"The {ENCOUNTERS} that change most follow; the JSON tells of all 301.\n" in text
    told = [row for row in text.splitlines() if row.startswith("Encounter ")]
    assert len(told) == ENCOUNTERS
    assert told[-1] == "Encounter E9999, 2026-03-10"  # 331.00 is more than 42.11; the order is that of the ids
    assert told[0] == "Encounter E9000, 2026-03-10"


def test_many_lines_causes_files_and_rejected_are_counted() -> None:
    lines = [line("new", "96375", 0, 1, causes=(30,)) for _ in range(LINES + 1)]
    causes = tuple(replace(late_stop(), record=n, text=f"entry {n}") for n in range(1, 32))
    refused = tuple(
        Rejected(Source("mar.csv", row=n), "drug-missing" if n % 2 else "time-unreadable", "It is empty.", "Fill it.")
        for n in range(1, REJECTED + 6)
    )
    files = tuple(NightFile(f"f{n}.hl7", "hl7", 1, 1, {}, 0) for n in range(FILES + 3))
    broken = NightFile("z.hl7", "hl7", 1, 0, {}, 1)
    text = render_night(
        night(
            encounter("E1", *lines, causes=causes),
            rejected=refused,
            files=(*files, broken),
            totals=NightTotals(files_new=24, records=24, used=23, rejected=25),
        )
    )
    assert "  and 1 more line; the JSON has all of them.\n" in text
    assert "  [31] late entry, vancomycin: Entry 31 (" in text  # the one that the lines name is told
    assert f"  and {31 - CAUSES} more causes; the JSON has all of them.\n" in text
    assert "drug-missing 13; time-unreadable 12:\n" in text
    assert "  and 5 more rejected; the JSON has all of them.\n" in text
    assert re.search(r"^  z\.hl7 +hl7 +1 +0 +0 +1$", text, re.MULTILINE)  # a file with trouble is told before others
    assert "  and 4 more files; the JSON has all of them.\n" in text


def test_a_cause_says_its_date_where_it_is_another_and_lines_name_runs_of_causes() -> None:
    next_day = replace(late_stop(), time=late_stop().recorded_at, text="Stop of 09:12.", recorded_at=None)
    causes = tuple(replace(next_day, record=n) for n in range(1, 8))
    lines = (line("new", "96365", 0, 1, causes=(0, 1, 2, 4)), line("new", "96375", 0, 1, causes=tuple(range(7))))
    said = part(render_night(night(encounter("E1", *lines, causes=causes))), "Changed since they were last reported")
    assert "  96365  new, units 1  vancomycin [1-3, 5]\n  96375  new, units 1  vancomycin [1-7]\n" in said
    assert "  [7] late entry, vancomycin of 2026-03-11: Stop of 09:12 (nurse N01, unit ONC;" in said


def test_findings_that_say_the_same_are_told_once() -> None:
    found = tuple(Finding("warning", "odd-unit", "A unit is unknown.", "", Source("a.csv", row=n)) for n in (3, 5, 9))
    report = night(files=(NightFile("a.csv", "mar-table", 9, 9, {}, 0, found),))
    assert part(render_night(report), "Worth a look") == (
        "  warning: A unit is unknown. (a.csv, row 3, and 2 more places)"
    )


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("report", [QUIET, ADDED_HOUR, TAKEN_BACK, MERGED, DRY, hundreds(50)], ids=range(6))
def test_no_row_is_wider_than_the_terminal(report: object, width: int) -> None:
    assert max(len(row) for row in render_night(report, width).splitlines()) <= width  # type: ignore[arg-type]


def test_long_names_are_cut_and_control_codes_never_reach_the_terminal() -> None:
    cause = replace(late_stop(), nurse="\x1b[31mN" + "x" * 90, department="U" * 90, text="charted\nlate\x07")
    report = night(
        encounter("E\x1b]0;x\x07" + "9" * 90, line("new", "96365", 0, 1, drug="d\u202ee" * 40), causes=(cause,)),
        files=(NightFile("f" * 120 + ".hl7", "hl7", 1, 1, {"odd\x1b[0m": 1}, 0),),
        totals=NightTotals(files_new=1, records=1, used=1),
    )
    text = render_night(report, 80)
    assert max(len(row) for row in text.splitlines()) <= 80
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_the_run_is_told_in_its_own_zone_or_in_utc() -> None:
    unknown = render_night(replace(QUIET, timezone="Nowhere/Land"))
    assert unknown.startswith("Nightly run 12, 2026-03-12 06:00 to 06:04, UTC\n")
    long = replace(QUIET, started=QUIET.started - timedelta(hours=3))
    assert render_night(long).startswith("Nightly run 12, 2026-03-11 23:00 to 2026-03-12 02:04, America/New_York\n")


def test_an_entry_that_changed_two_encounters_is_counted_once() -> None:
    shared = late_stop()
    report = night(
        encounter("E1", line("changed", "96366", 1, 2), causes=(shared,)),
        encounter("E2", line("changed", "96366", 2, 1), causes=(shared, replace(shared, record=15, time=None))),
    )
    (unit,) = delays(report.changes)
    assert (unit.unit, unit.counts.late_entries, unit.counts.encounters) == ("ONC", 2, 2)
    assert unit.counts.median_delay == timedelta(hours=22, minutes=57)  # of the one that says when it happened
    assert [nurse.nurse for nurse in unit.nurses] == ["N01"]
