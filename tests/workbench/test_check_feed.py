"""``check`` of an HL7 feed: senders, fields, words, times, and the profile that mends it."""

from __future__ import annotations

import json
import stat
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from parsers.profiles import load_profile
from reports.schema import check_schema
from tests.parsers.hl7_charts import MSH, ORC, PID, PV1, RXR, rxa
from tests.workbench.commands import DAY, run

UTC = ("--timezone", "UTC")
STOP = "202603100900"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


_numbers = iter(range(1, 100_000))


def message(*segments: str, app: str = "MAR", sent: str = "20260310120000", version: str = "2.5.1") -> str:
    """A message of its own control id, of this sender and sent at this time."""
    header = MSH.replace("|MAR|", f"|{app}|").replace("|20260310120000|", f"|{sent}|").replace("|M1|", "|M%d|")
    return "\r".join([header.replace("2.5.1", version) % next(_numbers), *segments]) + "\r"


def good(**more: str) -> str:
    return message(PID, PV1, ORC, rxa(stop=STOP), RXR, **more)


def feed(*messages: str) -> None:
    Path("day.hl7").write_text("".join(messages), newline="")


@cache
def _validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(check_schema())
    return Draft202012Validator(check_schema())


def checked(*words: str) -> dict[str, Any]:
    done = run("check", "day.hl7", *UTC, "--format", "json", *words)
    document: dict[str, Any] = json.loads(done.stdout)
    _validator().validate(document)
    return document


def lines(*words: str) -> dict[str, str]:
    """Section and name of each line that would mend the feed, and what it would say; unsure ones in brackets."""
    return {
        f"{x['section']}.{x['name']}": x["value"] if x["sure"] else f"({x['value']})"
        for x in checked(*words)["profile_lines"]
    }


# What a feed holds


def test_messages_by_type_and_sender(here: Path) -> None:
    feed(good(), good(), good(app="ED"), good(app="ED", version="2.3").replace("RAS^O17^RAS_O17", "ADT^A01"))
    assert [
        (s["sender"], s["administrations"], [tuple(t.values()) for t in s["types"]])
        for s in checked()["feed"]["senders"]
    ] == [
        ("MAR | SAMPLE", 2, [("RAS^O17", "2.5.1", 2)]),
        ("ED | SAMPLE", 1, [("RAS^O17", "2.5.1", 1), ("ADT^A01", "2.3", 1)]),
    ]


def test_a_sender_that_is_no_name_shows_its_shape(here: Path) -> None:
    feed(good(app="SAMPLETON,ADA 555-12-3456"))
    assert checked()["feed"]["senders"][0]["sender"] == "AAAAAAAAA,AAA 999-99-... | SAMPLE"


def test_how_often_a_field_is_filled(here: Path) -> None:
    # Four administrations: a stop in one, the start repeated in one, a rate in two, RXR behind two of them.
    feed(
        message(PID, PV1, ORC, rxa(stop=STOP), RXR),
        message(PID, PV1, rxa(stop="202603100800", f12="100 mL/hr")),
        message(PID, PV1, ORC, rxa(f12="50 mL/hr"), rxa("202603101000", stop='""'), "RXR|IV"),
    )
    feed_facts = checked()["feed"]
    filled = feed_facts["senders"][0]["filled"]
    assert (filled["RXA-3"], filled["RXA-4"], filled["RXA-12"], filled["RXR-1"], filled["RXR-2"]) == (4, 1, 2, 3, 1)
    assert (filled["ORC-2"], filled["PV1-19"], filled["PID-18"]) == (3, 4, 0)
    assert feed_facts["times"]["stop_same_as_start"] == 1


def test_words_known_and_not_known(here: Path) -> None:
    feed(
        *(message(PID, PV1, ORC, rxa(f"2026031008{n:02}", status=word), RXR)
          for n, word in enumerate(["New Bag", "Stopped", "Bag Hungg", "Bag Hungg", "CP", "Sampleton", "555-12-3456"]))
    )  # fmt: skip
    words = checked()["feed"]
    assert [(w["word"], w["action"], w["count"]) for w in words["actions"]] == [
        ("New Bag", "new_bag", 1),
        ("Stopped", "stopped", 1),
        ("CP", "given", 1),
    ]
    assert [(w["word"], w["shape"], w["count"], w["nearest"]) for w in words["unknown_actions"]] == [
        ("Bag Hungg", "AAA AAAAA", 2, ["Bag Hung"]),
        (None, "AAAAAAAAA", 1, []),  # the patient's own name
        (None, "999-99-9999", 1, []),
    ]
    assert lines() == {'action_map."Bag Hungg"': "new_bag"}


def test_how_times_lie(here: Path) -> None:
    feed(
        message(PID, PV1, ORC, rxa("202603100800-0500"), RXR, sent="20260310140000"),
        message(PID, PV1, ORC, rxa("202603100900"), RXR, sent="20260310040000"),  # sent 5 hours before; out of order
        message(PID, PV1, ORC, rxa("20260310"), RXR, sent="20260310150000"),
        message(PID, PV1, ORC, rxa("noon"), RXR, sent="20260310150000"),
        message(PID, PV1, ORC, rxa("202603101000", f22="202603101101"), RXR, sent="20260310150000"),
        message(PID, PV1, ORC, rxa("202603101001", f22="202603101101"), RXR, sent="20260310150000"),  # an hour: in time
    )
    assert checked()["feed"]["times"] == {
        "with_offset": 1, "without_offset": 3, "date_only": 1, "unreadable": 1, "stop_same_as_start": 0,
        "after_message": 1, "late_entries": 1, "messages_out_of_order": 1,
    }  # fmt: skip
    text = run("check", "day.hl7", *UTC).stdout
    assert "1 of 6: charted for a time after the message was sent, mostly by 5 hours: look at the zone." in text


def test_resends_and_ignored_types_are_counted(here: Path) -> None:
    one = good()
    feed(one, one, good().replace("RAS^O17^RAS_O17", "SIU^S12"))
    document = checked()
    assert document["ignored"] == [
        {"reason": "message type SIU^S12 is not read in this version", "count": 1},
        {"reason": "resend of an earlier message", "count": 1},
    ]
    assert document["summary"]["records"] == 3


def test_stops_and_sites_as_share_of_infusions(here: Path) -> None:
    feed(
        message(PID, PV1, ORC, rxa(stop=STOP), RXR),
        message(PID, PV1, ORC.replace("7", "8"), rxa("202603101000", status="New Bag"), "RXR|IVPB"),
        message(PID, PV1, ORC.replace("7", "9"), rxa("202603101200", status="Push"), "RXR|IV"),
    )
    assert (
        "1 encounter, 2 infusions: 1 without a stop (50 %), 1 without a site (50 %); 1 push or other."
        in run("check", "day.hl7", *UTC).stdout
    )


# What would mend it


def odd(number: int, action: str, time: str) -> str:
    """A sender that puts the visit in PV1-50, the order in ORC-4, the line in OBX and the action in ZMA-2."""
    return message(
        PID,
        "PV1|1|O" + "|" * 48 + f"E{number}",
        f"ORC|RE|||G{number}",
        rxa(time),
        "RXR|IV",
        "OBX|1|ST|L1^Line Name||left arm",
        f"ZMA|1|{action}",
    )


def odd_feed() -> None:
    feed(*(odd(n, *said) for n in (1, 2) for said in (("New Bag", "202603100800"), ("Stopped", "202603100845"))))


def test_places_that_hold_what_was_not_found(here: Path) -> None:
    odd_feed()
    assert lines() == {
        "hl7.action_fields": "[RXA-20, ZMA-2.1, RXA-9.2, RXA-9.1, OBX(MAR ACTION)-5, ORC-16.2, ORC-16.1]",
        "hl7.encounter_fields": "[PV1-19.1, PID-18.1, PV1-50.1]",
        "hl7.order_fields": "[ORC-3.1, ORC-2.1, ORC-4.1]",
        "hl7.site_fields": "[RXR-2, OBX(IV LINE)-5, OBX(IV SITE)-5, OBX(Line Name)-5]",
    }


def test_the_saved_profile_mends_the_feed(here: Path) -> None:
    odd_feed()
    done = run("check", "day.hl7", *UTC, "--save-profile", "odd.yaml")
    assert done.exit_code == 2  # every message lacks a visit as it stands
    assert "The profile was written to odd.yaml" in done.stderr
    assert stat.S_IMODE(Path("odd.yaml").stat().st_mode) == 0o600
    assert load_profile("odd.yaml").hl7.encounter_fields == ("PV1-19.1", "PID-18.1", "PV1-50.1")
    csv = run("analyze", "day.hl7", *UTC, "--profile", "odd.yaml", "--format", "csv")
    assert (csv.exit_code, csv.stdout.count("96365")) == (0, 2)
    assert lines("--profile", "odd.yaml") == {}


def test_a_profile_is_never_written_over(here: Path) -> None:
    odd_feed()
    Path("odd.yaml").write_text("name: mine\n", "utf-8")
    done = run("check", "day.hl7", *UTC, "--save-profile", "odd.yaml")
    assert done.exit_code == 2
    assert "odd.yaml is there already and may hold your work" in done.stderr
    assert Path("odd.yaml").read_text("utf-8") == "name: mine\n"
    assert run("check", "day.hl7", *UTC, "--save-profile", "day.hl7").exit_code == 2


def test_a_profile_given_is_carried_over(here: Path) -> None:
    feed(good().replace("|CP", "|Bag Hungg"))
    Path("mine.yaml").write_text(
        "{timezone: America/Chicago, action_map: {Zip: push}, hl7: {order_fields: [ORC-2.1]}}", "utf-8"
    )
    run("check", "day.hl7", "--profile", "mine.yaml", "--save-profile", "next.yaml")
    saved = load_profile("next.yaml")
    assert (saved.timezone, saved.hl7.order_fields) == ("America/Chicago", ("ORC-2.1",))
    assert {word: str(action) for word, action in saved.action_map.items()} == {"Zip": "push", "Bag Hungg": "new_bag"}


def test_an_assumed_zone_and_an_unguessable_word_are_left_to_a_person(here: Path) -> None:
    feed(good().replace("|CP", "|Zapped"))
    done = run("check", "day.hl7", "--save-profile", "next.yaml")
    text = Path("next.yaml").read_text("utf-8")
    assert "# timezone: America/Chicago  # name the site's zone; UTC was assumed\n" in text
    # It resembles Stopped, but a word that resembles another may mean the contrary: nothing is suggested.
    assert "# action_map:\n#   ? is one of: new_bag, started, given, push, bolus," in text
    assert '#   "Zapped": ?  # once\n' in text
    assert "resembles" not in text
    assert load_profile("next.yaml").name == "next"
    assert "Zapped" in done.stdout


@pytest.mark.parametrize(
    ("word", "guess"),
    [("Bag Hungg", "new_bag"), ("Stoppped", "stopped"), ("Unpaused", None), ("Not Stopped", None), ("Zip", None)],
)
def test_only_a_slip_of_the_pen_is_guessed(here: Path, word: str, guess: str | None) -> None:
    feed(good(), good().replace("|CP", f"|{word}"))
    assert lines() == {f'action_map."{word}"': guess or "(?)"}


# hl7apy, and how it ends


def test_strict_fails_when_a_message_does_not_conform(here: Path) -> None:
    feed(good(), message(PID, PV1, ORC, rxa(), RXR), message(PID, PV1, ORC, rxa(), RXR))
    assert run("check", "day.hl7", *UTC).exit_code == 0
    done = run("check", "day.hl7", *UTC, "--strict")
    assert done.exit_code == 1
    assert "CONFORMANCE  all 3 messages shown to hl7apy: 1 conform." in done.stdout
    assert "       2 x RXA-4 is required and missing." in done.stdout
    feed(good())
    assert run("check", "day.hl7", *UTC, "--strict").exit_code == 0


def test_a_large_feed_is_shown_as_a_sample(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.checking.SAMPLE", 3)
    feed(*(good() for _ in range(8)))
    # Every third message: the 1st, 4th and 7th.
    assert checked("--strict")["conformance"] == {"asked": 3, "messages": 8, "failed": 0, "faults": []}
    assert "3 of 8 (a sample, evenly spread) messages" in run("check", "day.hl7", *UTC, "--strict").stdout


def test_the_second_opinion_stands_in_the_list_of_rejects(here: Path) -> None:
    feed(good(), message(PID, PV1, ORC, rxa("noon", stop=STOP)))
    run("check", "day.hl7", *UTC, "--strict", "--rejects", "out")
    assert "RXR is required and missing." in Path("out/rejects.csv").read_text("utf-8")


def test_a_good_feed_has_nothing_to_mend() -> None:
    done = run("check", DAY, "--timezone", "America/New_York")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "130 records: 128 used, 2 ignored, 0 rejected." in done.stdout
    assert done.stdout.endswith("There is nothing here that lines of a profile would mend.\n")


@pytest.mark.parametrize("width", [60, 80, 100])
def test_it_fits_the_screen(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from parsers import read
    from reports.feed_health import health
    from reports.feed_health_text import render_health
    from timeline import build

    text = render_health(health(build(read(DAY, timezone="UTC")), None, ()), width)
    assert max(map(len, text.splitlines())) <= width


def test_standard_input_is_read_twice(here: Path) -> None:
    done = run("check", "-", *UTC, stdin=good().encode())
    assert "HL7 FEED  1 message, 1 administration (RXA)" in done.stdout


def test_nothing_readable_is_status_2(here: Path) -> None:
    done = run("check", "nowhere.hl7")
    assert done.exit_code == 2
    assert "Nothing in the input could be read." in done.stderr
