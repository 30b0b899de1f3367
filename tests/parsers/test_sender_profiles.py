"""A feed of several senders: each message is read with the profile that names its sender."""

from __future__ import annotations

from pathlib import Path

import pytest

import parsers
from parsers.events import Action, Reading
from parsers.profiles import ProfileError, load_profile
from parsers.sender_profiles import SenderProfiles, shipped_with_senders
from tests.house.places import ROOT
from tests.parsers.hl7_charts import ORC, PID, PV1, RXR, rxa

WARD = """
senders:
  - {application: "WARD*"}
action_map: {Up: new_bag}
hl7: {action_fields: ZMA-1}
"""
CLINIC = """
senders:
  - {application: "MAR", facility: "CLINIC"}
action_map: {Up: stopped}
hl7: {action_fields: ZMA-1}
"""


def message(application: str, facility: str, number: int, time: str = "202603100800") -> str:
    header = f"MSH|^~\\&|{application}|{facility}|C|S|20260310120000||RAS^O17^RAS_O17|M{number}|P|2.5.1"
    return "\r".join([header, PID, PV1, ORC, rxa(time, status=""), RXR, "ZMA|Up"]) + "\r"


def feed(folder: Path, *messages: str, profile: str | None = None) -> Reading:
    (folder / "feed.hl7").write_text("".join(messages), "utf-8")
    return parsers.read([folder / "feed.hl7"], timezone=None, profile=profile)


def hospital(folder: Path, text: str = "also: [ward.yaml, clinic.yaml]\n") -> str:
    (folder / "ward.yaml").write_text(WARD, "utf-8")
    (folder / "clinic.yaml").write_text(CLINIC, "utf-8")
    (folder / "hospital.yaml").write_text(text, "utf-8")
    return str(folder / "hospital.yaml")


def test_each_message_by_its_sender(tmp_path: Path) -> None:
    reading = feed(
        tmp_path,
        message("WARD7", "MAIN", 1, "202603100800"),
        message("MAR", "CLINIC", 2, "202603100900"),
        message("MAR", "MAIN", 3, "202603101000"),
        profile=hospital(tmp_path),
    )
    # The third is nobody's: without a word it knows, a dose given.
    assert [e.action for e in reading.events] == [Action.NEW_BAG, Action.STOPPED, Action.GIVEN]
    assert [f.message for f in reading.findings if f.code == "profile-by-sender"] == [
        "Messages whose sender (MSH-3, MSH-4) profile 'ward' names were read with it.",
        "Messages whose sender (MSH-3, MSH-4) profile 'clinic' names were read with it.",
    ]
    assert reading.profile == "hospital"


def test_the_profile_the_user_names_wins(tmp_path: Path) -> None:
    alone = str(tmp_path / "ward.yaml")
    hospital(tmp_path)
    reading = feed(tmp_path, message("EPIC", "MAIN", 1), message("MAR", "CLINIC", 2, "202603100900"), profile=alone)
    assert [e.action for e in reading.events] == [Action.NEW_BAG, Action.NEW_BAG]
    assert "profile-by-sender" not in [f.code for f in reading.findings]


def test_without_a_profile_a_shipped_one_may_name_the_sender(tmp_path: Path) -> None:
    reading = feed(tmp_path, message("EPICCARE", "MAIN", 1))
    assert [f.message for f in reading.findings if f.code == "profile-by-sender"] == [
        "Messages whose sender (MSH-3, MSH-4) profile 'epic_unverified' names were read with it."
    ]
    assert [p.name for p in shipped_with_senders()] == ["epic_unverified"]


def test_the_closer_pattern_wins_and_case_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "any.yaml").write_text("senders: [{application: 'M*'}]\n", "utf-8")
    chosen = SenderProfiles(load_profile(hospital(tmp_path, "also: [any.yaml, clinic.yaml]\n")))
    assert chosen.of("mar", "Clinic").name == "clinic"
    assert chosen.of("MAR", "MAIN").name == "any"
    assert chosen.of("LAB", "MAIN").name == "hospital"


def test_the_zone_of_the_senders_own_profile(tmp_path: Path) -> None:
    profile = hospital(tmp_path)
    (tmp_path / "ward.yaml").write_text(WARD + "timezone: America/Chicago\n", "utf-8")
    reading = feed(tmp_path, message("WARD7", "MAIN", 1), profile=profile)
    assert [e.time.isoformat() for e in reading.events] == ["2026-03-10T08:00:00-05:00"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("also: [nobody.yaml]\n", "No profile '"),
        ("also: [other.yaml]\n", "hospital: also: 'other.yaml' names no senders, so no message would be read with it."),
        ("senders: [{aplication: EPIC}]\n", "aplication"),
    ],
)
def test_a_list_that_cannot_work_is_explained(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "other.yaml").write_text("action_map: {}\n", "utf-8")
    with pytest.raises(ProfileError, match=said.replace("(", r"\(").replace("[", r"\[")):
        load_profile(hospital(tmp_path, text))


@pytest.mark.parametrize("name", ["epic_unverified", "ihe_pumps"])
def test_every_place_of_these_profiles_stands_on_a_basis(name: str) -> None:
    lines = (ROOT / "parsers" / "profiles" / f"{name}.yaml").read_text("utf-8").splitlines()
    places = [i for i, line in enumerate(lines) if line.startswith("  ") and "_fields:" in line]
    assert len(places) >= 4
    assert [lines[i] for i in places if not lines[i - 1].lstrip().startswith("#")] == []


def test_the_epic_profile_says_that_it_is_unverified() -> None:
    assert load_profile("epic_unverified").basis.startswith("Unverified.")
