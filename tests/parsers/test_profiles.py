"""Profiles: typed, with the path in every error and the nearest name for a wrong key."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers.events import Action, Route
from parsers.profiles import Hl7Profile, Profile, ProfileError, load_profile, read_profile, shipped_profiles, words_of
from tests.parsers.hl7_charts import ORC, only, rxa


def test_generic_applies_without_a_profile_and_says_what_the_defaults_are() -> None:
    generic = load_profile()
    assert generic == load_profile("generic")
    assert generic.hl7 == Hl7Profile()


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_says_on_what_basis_it_was_written(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert len(profile.basis) > 40


def test_a_profile_of_the_users_own(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text("name: ours\ntimezone: America/Chicago\naction_map: {Bag Up: new_bag}\nroute_map: {drip: IV}\n")
    profile = load_profile(str(path))
    assert profile.timezone == "America/Chicago"
    words = words_of(profile)
    assert words.actions == {"bagup": Action.NEW_BAG}
    assert words.routes == {"drip": Route.IV}


def test_site_aliases_are_matched_without_case_and_punctuation() -> None:
    words = words_of(Profile(name="x", site_aliases={"L FA 20g": "IV1"}))
    assert words.site("l.fa 20G") == "IV1"
    assert words.site("R hand") == "R hand"
    assert words.site("") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nam: x", "p.yaml: unknown key 'nam'. Did you mean 'name'?"),
        ("name: x\nhl7:\n  acton_fields: []", "p.yaml: hl7: unknown key 'acton_fields'. Did you mean 'action_fields'?"),
        (
            "name: x\nhl7:\n  site_fields: 3",
            "p.yaml: hl7.site_fields: expected a list, such as [one, two], found a number",
        ),
        ("columns: {acton: X}", "columns: 'acton' is not known. Did you mean 'action'? Known: encounter_id, "),
        ("columns: {Action Taken: action}", "It looks reversed: write 'action: Action Taken'."),
        ("action_map: {given: Done it}", "It looks reversed: write 'Done it: given'."),
        ("route_map: {drip: ivv}", "route_map: 'ivv' is not known."),
        ("action_map: [given]", "action_map: expected a map of 'word: meaning' lines, found a list"),
        ("name: x\nhl7:\n  site_fields: [RXR2]", "'RXR2' is not a field: write it as RXA-20"),
        ("name: x\nhl7:\n  site_fields: [NTE-3]", "hl7.site_fields: 'NTE-3': notes are free text and are never read"),
        ("name: x\nhl7:\n  site_fields: [RXA(X)-3]", "only OBX is chosen by a name"),
        ("name: x\nhl7:\n  site_fields: [RXA-0]", "counted from 1"),
        (
            "name: x\naction_map: {up: gven}",
            "action_map: 'gven' is not known. Did you mean 'given'? Known: new_bag, started, given, ",
        ),
        (
            "name: x\naction_map: {No: given}",
            "action_map: expected a text, found yes or no (YAML reads yes, no",
        ),
        ("name: x\ntimezone: Mars/Base", "'Mars/Base' is no time zone"),
        ("name: [", "p.yaml line 1: not readable as YAML"),
        ("- name", "a profile is a list of names and values"),
    ],
)
def test_a_wrong_profile_says_where_and_what(text: str, said: str) -> None:
    with pytest.raises(ProfileError) as error:
        read_profile(text, "p.yaml")
    assert said in str(error.value)


def test_a_profile_goes_by_its_file_and_a_list_of_one_needs_no_brackets() -> None:
    profile = read_profile("columns: {action: Action Taken}\nhl7: {site_fields: RXR-2}\naction_map:\n", "ours.yaml")
    assert profile.name == "ours"
    assert profile.columns == {"action": ("Action Taken",)}
    assert profile.hl7.site_fields == ("RXR-2",)
    assert profile.action_map == {}


def test_a_name_that_is_no_profile_gives_the_nearest() -> None:
    with pytest.raises(ProfileError, match="Did you mean 'vista_bcma'"):
        load_profile("vista_bmca")


def test_the_vista_profile_reads_single_letters() -> None:
    event = only(ORC, rxa(status="I", stop=" "), "RXR|IV", profile=load_profile("vista_bcma"))
    assert event.action is Action.STARTED


def test_the_cerner_profile_reads_a_drug_that_stands_only_in_rxc() -> None:
    text = ("RXR|IVPB^IVPB", "RXC|A|7^cefazolin|1|g", rxa(drug="", status="BeginBag"))
    event = only(ORC, *text, profile=load_profile("cerner_extract"))
    assert (event.action, event.route, event.drugs[0].name) == (Action.NEW_BAG, Route.IVPB, "cefazolin")
