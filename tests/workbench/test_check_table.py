"""``check`` of a table: the columns found, the first rows as understood, what is missing and what that costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parsers.profiles import load_profile
from tests.house.planted import ACCOUNT, MRN, traces
from tests.workbench.commands import BAD, TABLE, run
from tests.workbench.test_check_feed import _validator

UTC = ("--timezone", "UTC")
LOG = """\
CSN,Order,Medication,Route,MAR Action,Taken Time,Colour
E100,A,cefazolin,IVPB,New Bag,2026-03-10 08:00,red
E100,A,cefazolin,IVPB,Bag Hungg,2026-03-10 08:15,red
E100,A,cefazolin,IVPB,Stopped,2026-03-10 08:45,red
E100,B,morphine,IV push,Given,2026-03-10 09:00,
"""
MISSPELT = """\
Encounter,Medicaton,Route,Start Tme,Stop Time
E100,cefazolin,IVPB,2026-03-10 08:00,2026-03-10 08:45
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mar.csv").write_text(LOG, "utf-8")
    (tmp_path / "misspelt.csv").write_text(MISSPELT, "utf-8")
    return tmp_path


def table(name: str = "mar.csv") -> dict[str, object]:
    document = json.loads(run("check", name, *UTC, "--format", "json").stdout)
    _validator().validate(document)
    (found,) = document["tables"]
    assert isinstance(found, dict)
    return found


def test_the_columns_found(here: Path) -> None:
    found = table()
    assert found["columns"] == {
        "encounter_id": "CSN", "order_id": "Order", "drug": "Medication", "route": "Route",
        "action": "MAR Action", "time": "Taken Time",
    }  # fmt: skip
    assert found["not_read"] == ["Colour"]


def test_the_first_rows_as_understood(here: Path) -> None:
    text = run("check", "mar.csv", *UTC).stdout
    rows = text.split("First rows as understood:\n")[1].split("\n\n")[0].splitlines()
    joined = " ".join(" ".join(rows).split())
    assert [" ".join(row.split()) for row in rows][:2] == [
        "row time action drug route site encounter",
        "2 2026-03-10 08:00 new_bag cefazolin IVPB - A999",
    ]
    assert "3 rejected: The action 'Bag Hungg' is not known." in joined
    assert [" ".join(row.split()) for row in rows][-2:] == [
        "4 2026-03-10 08:45 stopped cefazolin IVPB - A999",
        "5 2026-03-10 09:00 given morphine IV push - A999",
    ]


def test_an_interval_shows_its_stop_or_that_there_is_none(here: Path) -> None:
    Path("mar.csv").write_text(
        "Encounter,Drug,Route,Site,Start,Stop\nE1,cefazolin,IVPB,left arm,2026-03-10T08:00,2026-03-10T08:45\n"
        "E1,morphine,IV push,left arm,2026-03-10T09:00,\n",
        "utf-8",
    )
    text = run("check", "mar.csv", *UTC).stdout
    rows = text.split("encounter\n")[1].splitlines()
    assert " ".join(rows[0].split()) == "2 2026-03-10 08:00 to 08:45 cefazolin IVPB yes A9"
    assert " ".join(rows[1].split()) == "3 2026-03-10 09:00 no stop morphine IV push yes A9"


def test_at_most_ten_rows(here: Path) -> None:
    row = "E100,B,morphine,IV push,Given,2026-03-10 {:02}:00,\n"
    Path("mar.csv").write_text(LOG.split("\n")[0] + "\n" + "".join(row.format(n) for n in range(12)), "utf-8")
    rows = table()["rows"]
    assert isinstance(rows, list)
    assert [row["row"] for row in rows] == list(range(2, 12))


def test_what_is_missing_and_what_that_costs(here: Path) -> None:
    text = " ".join(run("check", "mar.csv", *UTC).stdout.split())
    assert "Missing, and what that costs: site 96368 can never be supported" in text
    assert "patient_id two encounters of one patient on one day are not seen as such: no modifier 59." in text


def test_the_saved_profile_reads_the_table(here: Path) -> None:
    done = run("check", "mar.csv", *UTC, "--save-profile", "ours.yaml")
    assert done.exit_code == 1
    saved = load_profile("ours.yaml")
    assert saved.columns["drug"] == ("Medication",)
    assert {word: str(action) for word, action in saved.action_map.items()} == {"Bag Hungg": "new_bag"}
    again = run("check", "mar.csv", *UTC, "--profile", "ours.yaml")
    assert (again.exit_code, "4 records: 4 used, 0 ignored, 0 rejected." in again.stdout) == (0, True)


# When nothing fits


def test_a_header_that_does_not_fit_names_the_nearest(here: Path) -> None:
    done = run("check", "misspelt.csv", *UTC)
    assert done.exit_code == 2
    text = " ".join(done.stdout.split())
    assert "Found: Encounter, Medicaton, Route, Start Tme, Stop Time." in text
    assert (
        "drug nothing can be read: no row says what was given (required). Perhaps Medicaton: a guess from the header."
        in text
    )
    assert 'columns: drug: ["Medicaton"] # a guess from the header: check it start: ["Start Tme"] # a guess' in text


def test_the_profile_saved_for_it_reads_it(here: Path) -> None:
    assert run("check", "misspelt.csv", *UTC, "--save-profile", "ours.yaml").exit_code == 2
    done = run("analyze", "misspelt.csv", *UTC, "--profile", "ours.yaml", "--format", "csv")
    assert (done.exit_code, "96365" in done.stdout) == (0, True)


def test_a_text_that_is_no_table_gets_no_advice_on_columns(here: Path) -> None:
    done = run("check", f"{BAD}/not-hl7.hl7")
    assert done.exit_code == 2
    assert "Missing, and what that costs" not in done.stdout
    assert "PROFILE LINES" not in done.stdout


def test_a_column_nobody_can_guess_is_left_to_a_person(here: Path) -> None:
    text = run("check", f"{BAD}/no-drug-column.csv", *UTC).stdout
    assert "  # columns:\n  #   drug: []  # it is required; name the header here\n" in text


# Whose values


def test_encounters_show_their_shape_and_nothing_leaks(here: Path) -> None:
    Path("mar.csv").write_text(LOG.replace("E100", ACCOUNT).replace("red", f"Torvald {MRN}"), "utf-8")
    for form in ("text", "json"):
        done = run("check", "mar.csv", *UTC, "--format", form)
        assert traces(done.stdout) == []
        assert traces(done.stderr) == []


def test_at_a_terminal_encounters_can_be_shown(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    text = run("check", "mar.csv", *UTC, "--show-values").stdout
    assert "new_bag     cefazolin" in text
    assert text.count(" E100\n") == 3


def test_an_answer_in_a_file_is_private(here: Path) -> None:
    run("check", "mar.csv", *UTC, "--output", "found.txt")
    assert Path("found.txt").stat().st_mode & 0o077 == 0
    assert Path("found.txt").read_text("utf-8").startswith("mar.csv: mar-table, 4 records\n")
    assert run("check", "mar.csv", *UTC, "--output", "mar.csv").exit_code == 2


def test_the_sample_table_is_one_screen() -> None:
    done = run("check", TABLE, "--timezone", "America/New_York")
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) <= 60


def test_fhir_and_the_class_table_are_looked_at_too(here: Path) -> None:
    Path("one.ndjson").write_text(
        '{"resourceType":"MedicationAdministration","id":"a","status":"completed","medicationCodeableConcept":'
        '{"text":"cefazolin"},"subject":{"reference":"Patient/1"},"context":{"reference":"Encounter/E1"},'
        '"effectivePeriod":{"start":"2026-03-10T08:00:00Z","end":"2026-03-10T08:45:00Z"},'
        '"dosage":{"route":{"text":"IV"}}}\n',
        "utf-8",
    )
    Path("classes.csv").write_text("encounter_id,class,start\nE1,ZZZ,2026-03-10 07:00\n", "utf-8")
    done = run("check", "one.ndjson", *UTC, "--classes", "classes.csv")
    assert done.stdout.startswith("one.ndjson: fhir, 1 record\n1 record: 1 used, 0 ignored, 0 rejected.\n")
    assert "1 encounter, 1 infusion: 0 without a stop (0 %), 1 without a site (100 %)" in done.stdout
    assert "class" in done.stdout.split("FOUND")[1]


# The day first

DAY_FIRST = """\
Encounter,Medication,Route,Action,Date,Admin Time
E100,Cefazolin,IVPB,New Bag,22.03.2026,08:00
E100,Cefazolin,IVPB,Stopped,22.03.2026,08:45
"""


def test_dates_with_the_day_first_get_the_line_that_reads_them(here: Path) -> None:
    Path("mar.csv").write_text(DAY_FIRST, "utf-8")
    done = run("check", "mar.csv", *UTC, "--save-profile", "ours.yaml")
    text = " ".join(done.stdout.split())
    assert "Date: The time could not be read (99.99.9999)." in text
    assert "The day stands first: say date_order: day-first in a profile." in text
    assert "date_order: day-first # 2 times a date that is one only with its day first" in text
    again = run("check", "mar.csv", *UTC, "--profile", "ours.yaml")
    assert "2026-03-22 08:00" in again.stdout
    assert "2 records: 2 used, 0 ignored, 0 rejected." in again.stdout


def test_dates_of_both_orders_are_left_to_a_person(here: Path) -> None:
    Path("mar.csv").write_text(DAY_FIRST.replace("22.03.2026,08:45", "03/22/2026,08:45"), "utf-8")
    text = " ".join(run("check", "mar.csv", *UTC).stdout.split())
    assert "# date_order: day-first # once a date that is one only with its day first; others are read month" in text


# Words of another language

GERMAN = """\
Encounter,Medication,Route,Action,Time
E100,Cefazolin,IVPB,Angehängt,2026-03-10 08:00
E100,Cefazolin,IVPB,Rate Chg,2026-03-10 08:20
E100,Cefazolin,IVPB,Abgehängt,2026-03-10 08:45
E100,Cefazolin,IVPB,Pat. lehnt es heute ab,2026-03-10 09:45
"""


def test_every_unknown_action_is_left_to_a_person_and_no_contrary_is_offered(here: Path) -> None:
    Path("mar.csv").write_text(GERMAN, "utf-8")
    done = run("check", "mar.csv", *UTC, "--save-profile", "ours.yaml")
    saved = Path("ours.yaml").read_text("utf-8")
    for line in (
        '#   "Angehängt": ?  # once\n',
        '#   "Abgehängt": ?  # once\n',
        '#   "Rate Chg": ?  # once\n',
        # Four words may hold a name: only their shape.
        '#   "AAA. AAAAA AA AAAAA AA": ?  # once, hidden since it may be a name: write the word itself',
    ):
        assert line in saved
    assert "is one of: new_bag, started, given, push, bolus, rate_change" in saved
    assert "Bag Hung" not in done.stdout + saved
    assert load_profile("ours.yaml").action_map == {}


def test_the_lines_completed_by_a_person_read_the_table(here: Path) -> None:
    Path("mar.csv").write_text("".join(GERMAN.splitlines(keepends=True)[:4]), "utf-8")
    run("check", "mar.csv", *UTC, "--save-profile", "ours.yaml")
    meant = {"Angehängt": "new_bag", "Rate Chg": "rate_change", "Abgehängt": "stopped"}
    text = Path("ours.yaml").read_text("utf-8").replace("# action_map:", "action_map:")
    for word, action in meant.items():
        text = text.replace(f'#   "{word}": ?  # once', f'  "{word}": {action}')
    Path("done.yaml").write_text(text, "utf-8")
    again = run("check", "mar.csv", *UTC, "--profile", "done.yaml")
    assert (again.exit_code, "3 records: 3 used, 0 ignored, 0 rejected." in again.stdout) == (0, True)


# Columns told by what stands below them

FOREIGN = """\
Acct#,Pt MRN#,Station,Med Descr,Appl.Weg,Line,MAR Evt,Admin Dt,Admin Tm,Dose/Rate,Geg. durch
7001,M1,AIZ-1,Vancomycin 1 g,IV,L FA,Given,22.03.2026,08:05,1000 mg,Doe
7001,M1,AIZ-1,Paracetamol,po,L FA,Given,22.03.2026,08:25,1000 mg,Doe
7002,M2,AIZ-2,Saline,IV,R FA,New Bag,22.03.2026,09:05,500 mL/h,Roe
7002,M2,AIZ-2,Saline,IV,R FA,Stopped,22.03.2026,10:05,,Roe
"""


def test_what_was_matched_is_shown_even_where_a_column_is_missing(here: Path) -> None:
    Path("mar.csv").write_text(FOREIGN, "utf-8")
    found = table()
    assert found["columns"] == {"encounter_id": "Acct#", "patient_id": "Pt MRN#", "site": "Line"}
    assert found["not_read"] == ["Station", "Dose/Rate", "Geg. durch"]
    text = run("check", "mar.csv", *UTC).stdout
    assert "  Columns:\n    encounter_id     Acct#" in text


def test_columns_are_guessed_by_their_values(here: Path) -> None:
    Path("mar.csv").write_text(FOREIGN, "utf-8")
    missing = table()["missing"]
    assert isinstance(missing, list)
    assert {m["column"]: (m["nearest"], m["why"]) for m in missing} == {
        "date": ("Admin Dt", "its values are dates, the day first"),
        "drug": ("Med Descr", "its header names drugs, its values are texts"),
        "action": ("MAR Evt", "its values are action words"),
        "time": ("Admin Tm", "a guess from the header"),
        "route": ("Appl.Weg", "its values are routes"),
        "start": ("", ""),  # nothing to offer, and not needed where action and time are
    }


def test_the_first_saved_profile_reads_the_table_whole(here: Path) -> None:
    Path("mar.csv").write_text(FOREIGN, "utf-8")
    run("check", "mar.csv", "--timezone", "Europe/Berlin", "--save-profile", "ours.yaml")
    saved = load_profile("ours.yaml")
    assert (saved.timezone, saved.date_order) == ("Europe/Berlin", "day-first")
    text = Path("ours.yaml").read_text("utf-8")
    assert (
        '#   ?: ["Station"]  # not read\n#   ?: ["Dose/Rate"]  # not read\n#   ?: ["Geg. durch"]  # not read\n' in text
    )
    assert "# ? is one of: encounter_id, patient_id, payer, order_id, drug," in text.replace("#   ?", "# ?")
    again = run("check", "mar.csv", "--profile", "ours.yaml")
    assert "4 records: 4 used, 0 ignored, 0 rejected." in again.stdout
    assert "2026-03-22 08:05  given" in again.stdout


def test_no_patient_leaks_from_a_header_that_is_a_row(here: Path) -> None:
    Path("mar.csv").write_text(f"{ACCOUNT},{MRN},Torvald,IV,Given,2026-03-10 08:00\n" * 3, "utf-8")
    done = run("check", "mar.csv", *UTC, "--save-profile", "ours.yaml")
    assert traces(done.stdout + done.stderr + Path("ours.yaml").read_text("utf-8")) == []


# Routes

ROUTES = """\
Encounter,Medication,Route,Action,Time,Nurse
E100,Cefazolin,IV,Given,2026-03-10 08:00,
E100,Ondansetron,IV Bolus,Given,2026-03-10 08:20,
E100,Ketorolac,Zugang,Given,2026-03-10 08:45,
E100,Acetaminophen,po,Given,2026-03-10 08:50,
E100,Morphine,Torvald,Given,2026-03-10 08:55,Torvald
"""


def test_how_the_routes_were_read(here: Path) -> None:
    Path("mar.csv").write_text(ROUTES, "utf-8")
    done = run("check", "mar.csv", *UTC, "--save-profile", "ours.yaml")
    shown = done.stdout.split("\nRoutes:\n")[1].split("\n\n")[0].splitlines()
    assert [" ".join(line.split()) for line in shown] == [
        "IV IV (1), IV Bolus (1)",
        "other po (1)",
        "NOT KNOWN texts of the shape AAAAAAA (1), Zugang (1)",  # the nurse's name stands in the row
    ]
    assert '#   "Zugang": ?  # once\n' in Path("ours.yaml").read_text("utf-8")
    assert "Torvald" not in done.stdout + Path("ours.yaml").read_text("utf-8")


def test_the_routes_in_json(here: Path) -> None:
    Path("mar.csv").write_text(ROUTES, "utf-8")
    document = json.loads(run("check", "mar.csv", *UTC, "--format", "json").stdout)
    _validator().validate(document)
    assert {(r["word"], r["shape"], r["route"]) for r in document["routes"]} == {
        ("IV", "AA", "IV"), ("IV Bolus", "AA AAAAA", "IV"), ("Zugang", "AAAAAA", None), ("po", "AA", "other"),
        (None, "AAAAAAA", None),
    }  # fmt: skip
