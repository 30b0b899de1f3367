"""The last word wins, and the earlier ones stay visible: corrections of a feed from message to explain."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

import parsers
import timeline as coding
from parsers.events import Reading
from reports.explain import explain_encounter
from reports.json_output import result_to_dict
from tests.parsers.hl7_charts import MSH, ORC, PID, PV1, RXR, rxa
from tests.schema_check import valid
from tests.timeline.chart import timeline
from timeline.model import CodedEncounter

HUNG = ("New Bag", "08:00")
STOPPED = ("Stopped", "09:00")


def message(number: int, action: str, time: str, flag: str = "A", recorded: str = "", drug: str = "ertapenem") -> str:
    """One RAS message; ``flag`` is RXA-21 and ``recorded`` RXA-22."""
    said = rxa(stamp(time), drug=f"M11^{drug}^99MAR", status=action, f21=flag, f22=stamp(recorded))
    header = MSH.replace("|M1|", f"|M{number}|")
    return "\r".join([header, PID, PV1, ORC, said, RXR]) + "\r"


def stamp(time: str) -> str:
    return "20260310" + time.replace(":", "") if time else ""


def read(folder: Path, *messages: str) -> Reading:
    (folder / "feed.hl7").write_text("".join(messages), "utf-8")
    return parsers.read([folder / "feed.hl7"], timezone="America/Chicago")


def coded(reading: Reading) -> CodedEncounter:
    (encounter,) = valid(coding.code(coding.build(reading))).encounters
    return encounter


def history(encounter: CodedEncounter) -> list[str]:
    """``Stopped 09:00 withdrawn`` for each earlier entry of the administrations, then of what is left of none."""
    line = encounter.timeline
    past = [*(e for a in line.administrations for e in a.history), *line.withdrawn]
    return [f"{e.action} {line.local(e.time):%H:%M} {e.fate}" for e in past]


def minutes(encounter: CodedEncounter) -> list[int | None]:
    return [a.minutes for a in encounter.timeline.administrations]


STOP_DELETED = (
    message(1, *HUNG, recorded="08:01"),
    message(2, *STOPPED, recorded="09:02"),
    message(3, *STOPPED, flag="D", recorded="09:20"),
    message(4, "Stopped", "09:30", recorded="09:31"),
)


def test_a_deleted_stop_and_the_right_one_in_any_order_of_arrival(tmp_path: Path) -> None:
    for arrived in permutations(STOP_DELETED):
        encounter = coded(read(tmp_path, *arrived))
        assert (minutes(encounter), history(encounter)) == ([90], ["Stopped 09:00 withdrawn"])


def test_the_history_names_both_messages(tmp_path: Path) -> None:
    (a,) = coded(read(tmp_path, *STOP_DELETED)).timeline.administrations
    (entry,) = a.history
    assert (entry.source.control_id, entry.by.control_id) == ("M2", "M3")
    assert entry.recorded_at is not None
    assert entry.by_recorded_at is not None
    assert (entry.by_recorded_at - entry.recorded_at).total_seconds() == 18 * 60


@pytest.mark.parametrize(
    ("flag", "events", "past"),
    [
        # A adds, X changes nothing: both are rows like any other; the same row twice is one.
        ("A", 1, []),
        ("X", 1, []),
        ("U", 1, ["Given 08:00 updated"]),
        ("D", 0, ["Given 08:00 withdrawn"]),
    ],
)
def test_each_flag_of_rxa_21(tmp_path: Path, flag: str, events: int, past: list[str]) -> None:
    first = message(1, "Given", "08:00", recorded="08:01")
    encounter = coded(read(tmp_path, first, message(2, "Given", "08:00", flag=flag, recorded="08:30")))
    assert (len(encounter.timeline.administrations), history(encounter)) == (events, past)


def test_updated_twice_the_chain_is_kept(tmp_path: Path) -> None:
    messages = (
        message(1, "Given", "08:00", recorded="08:01"),
        message(2, "Given", "08:00", flag="U", recorded="08:20"),
        message(3, "Given", "08:00", flag="U", recorded="08:40"),
    )
    (a,) = coded(read(tmp_path, *reversed(messages))).timeline.administrations
    assert [(e.source.control_id, e.by.control_id) for e in a.history] == [("M1", "M2"), ("M2", "M3")]
    assert [s.control_id for s in a.sources] == ["M3"]


def test_an_entry_taken_back_for_good_is_kept_with_the_encounter(tmp_path: Path) -> None:
    messages = (message(1, "Given", "08:00", recorded="08:01"), message(2, "Given", "08:00", "D", recorded="08:30"))
    encounter = coded(read(tmp_path, *messages))
    assert encounter.timeline.administrations == ()
    (entry,) = encounter.timeline.withdrawn
    assert (entry.drugs, entry.fate) == (("ertapenem",), "withdrawn")


def test_a_late_entry_is_weighed_by_when_it_was_recorded(tmp_path: Path) -> None:
    # Recorded at 11:00 for 09:00 (RXA-22): it is later than the deletion of 09:20, so the stop stands.
    late = message(5, *STOPPED, recorded="11:00")
    encounter = coded(read(tmp_path, late, *STOP_DELETED[:3]))
    assert (minutes(encounter), history(encounter)) == ([60], ["Stopped 09:00 withdrawn"])


def test_a_resend_changes_nothing_and_another_content_under_its_number_is_told(tmp_path: Path) -> None:
    once = read(tmp_path, *STOP_DELETED)
    again = read(tmp_path, *STOP_DELETED, STOP_DELETED[3])
    assert again.events == once.events
    assert [(i.reason, i.count) for i in again.ignored] == [("resend of an earlier message", 1)]
    other = read(tmp_path, *STOP_DELETED[:2], message(2, "Stopped", "09:30", recorded="09:31"))
    assert [f.code for f in other.findings] == ["control-id-reused"]
    assert other.used == 3


def test_of_two_rows_with_one_start_the_older_is_history() -> None:
    chart = """
        08:00-09:00 ertapenem IV1 recorded 09:00
        08:00-09:30 ertapenem IV1 recorded 10:00
    """
    (a,) = timeline(chart).administrations
    assert a.minutes == 90
    assert [(e.fate, e.source.row, e.by.row) for e in a.history] == [("older", 1, 2)]


def test_the_history_of_a_dose_stays_with_its_dose() -> None:
    chart = """
        08:00 Given ertapenem recorded 08:00
        08:00 Given ertapenem correction update recorded 08:10
        14:00 Given ertapenem recorded 14:00
        14:00 Given ertapenem correction update recorded 14:10
    """
    made = timeline(chart)
    assert [[made.local(e.time).hour for e in a.history] for a in made.administrations] == [[8], [14]]


def test_explain_shows_what_was_charted_before(tmp_path: Path) -> None:
    text = explain_encounter(coded(read(tmp_path, *STOP_DELETED)))
    assert (
        "    earlier entry: Stopped 09:00, recorded 09:02; taken back at 09:20\n"
        "      source: feed.hl7, record 2, control id M2, RXA; by feed.hl7, record 3, control id M3, RXA\n"
    ) in text


def test_explain_shows_what_is_left_of_nothing(tmp_path: Path) -> None:
    messages = (
        message(1, "Given", "08:00", recorded="08:01"),
        message(2, "Given", "08:00", "D", recorded="08:30"),
        message(3, "Given", "10:00", recorded="10:01", drug="cefazolin"),
    )
    text = explain_encounter(coded(read(tmp_path, *messages)))
    assert "\nENTRIES TAKEN BACK\nearlier entry: ertapenem, Given 08:00, recorded 08:01; taken back at 08:30\n" in text


def test_the_json_holds_the_history(tmp_path: Path) -> None:
    result = coding.code(coding.build(read(tmp_path, *STOP_DELETED)))
    (encounter,) = result_to_dict(valid(result))["encounters"]
    (a,) = encounter["administrations"]
    (entry,) = a["history"]
    assert (entry["action"], entry["fate"]) == ("Stopped", "withdrawn")
    assert entry["time"] == "2026-03-10T09:00:00-05:00"
    assert (entry["source"]["control_id"], entry["by"]["control_id"]) == ("M2", "M3")
    assert encounter["withdrawn"] == []
