"""Receiver profiles: shipped ones, those of a user, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers.receivers import FhirNames, Receiver, ReceiverError, load_receiver, read_receiver, shipped_receivers
from tests.house.places import ROOT


def test_the_shipped_profiles_load_and_say_on_what_they_rest() -> None:
    assert shipped_receivers() == ("generic", "hl7_23")
    for name in shipped_receivers():
        receiver = load_receiver(name)
        assert receiver.name == name
        assert "standard" in receiver.basis


def test_the_generic_profile_is_what_applies_without_one() -> None:
    generic = load_receiver()
    assert generic == Receiver(name="generic", basis=generic.basis)


def test_a_profile_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "ward.yaml"
    path.write_text(
        "version: 2.5\n"
        "receiving_application: BILLING^1.2.3^ISO\n"
        "procedure: no\n"
        "timezone_offset: true\n"
        "patient_name: ~^^^^^^U\n"
        "revenue_codes: {96413: 0335, 96365: 260}\n"
        "departments:\n"
        "  Infusion Ward: 0420\n"
        "sending_facility:\n",
        "utf-8",
    )
    ward = load_receiver(str(path))
    assert (ward.name, ward.version, ward.procedure, ward.timezone_offset) == ("ward", "2.5", False, True)
    assert ward.receiving_application == "BILLING^1.2.3^ISO"
    assert ward.sending_facility == ""
    # numbers keep their zeros: 0335 would be 221 to YAML
    assert [ward.revenue_code(code) for code in ("96413", "96365", "96374")] == ["0335", "0260", "0260"]


def test_departments_are_known_in_any_case_and_others_pass_through() -> None:
    ward = Receiver(name="w", departments={"Infusion Ward": "0420"})
    assert [ward.department(d) for d in ("infusion  WARD", "ICU", None)] == ["0420", "ICU", ""]


@pytest.mark.parametrize(("version", "name"), [("2.3", "^^^^^^U"), ("2.3.1", "~^^^^^^U"), ("2.5.1", "~^^^^^^U")])
def test_a_name_that_is_not_known(version: str, name: str) -> None:
    receiver = read_receiver(f"version: {version}\nmodifiers: append\n", "r.yaml")
    assert receiver.name_text == name
    assert read_receiver("patient_name: Unknown^Patient\n", "r.yaml").name_text == "Unknown^Patient"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("credit_unit: negative", "r.yaml: unknown key 'credit_unit'. Did you mean 'credit_units'?"),
        (
            "credit_units: negativ",
            "r.yaml: credit_units: 'negativ' is not known. Did you mean 'negative'? Known: positive, negative.",
        ),
        (
            "version: 2.6",
            "r.yaml: version: '2.6' is not known. Did you mean '2.5'? Known: 2.3, 2.3.1, 2.4, 2.5, 2.5.1.",
        ),
        ("procedure: perhaps", "r.yaml: procedure: 'perhaps' is not known. Known: yes, no."),
        ("version: 2.3", "r.yaml: modifiers: repeat uses FT1-26, which version 2.3 does not have."),
        (
            "version: 2.4\ndate: range",
            "r.yaml: date: range needs version 2.5 or later: in version 2.4 FT1-4 is a single",
        ),
        ("departments: ICU", "r.yaml: departments: expected a map of 'word: meaning' lines, found a text"),
        ("departments: {ICU: [1]}", "r.yaml: departments: expected a text, found a list"),
        ("date: [range]", "r.yaml: date: expected a text, found a list"),
        ("revenue_codes: {96365: IV}", "r.yaml: revenue_codes: '96365: IV' is no code with its revenue code"),
        ("sending_facility: A|B", "r.yaml: sending_facility: a name of at most 180 characters is expected"),
        ("patient_name: 'A|B'", "r.yaml: patient_name: expected PID-5 as it is to be written"),
        ("patient_class: '^'", "r.yaml: patient_class: expected one word for PV1-2"),
        ("fhir: {charge_systm: x}", "r.yaml: fhir: unknown key 'charge_systm'. Did you mean 'charge_system'?"),
        ("fhir: {charge_system: charges}", "r.yaml: fhir.charge_system: 'charges' is no URI"),
        ("- version", "r.yaml: a receiver profile is a list of names and values"),
        ("version: [2", "r.yaml line 2: not readable as YAML"),
    ],
)
def test_a_wrong_profile_is_told_where_and_what_to_write(text: str, told: str) -> None:
    with pytest.raises(ReceiverError) as error:
        read_receiver(text + "\n", "r.yaml")
    assert str(error.value).startswith(told)


def test_a_name_that_is_no_profile_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ReceiverError, match="Did you mean 'generic'"):
        load_receiver("generik")
    with pytest.raises(ReceiverError, match="cannot be read"):
        load_receiver(str(tmp_path))
    (tmp_path / "latin.yaml").write_bytes(b"name: Sp\xe4t\n")
    with pytest.raises(ReceiverError, match="save the profile as UTF-8"):
        load_receiver(str(tmp_path / "latin.yaml"))


def test_the_page_has_every_key() -> None:
    page = (ROOT / "docs" / "charges.md").read_text("utf-8")
    keys = (*Receiver.__struct_fields__, *FhirNames.__struct_fields__)
    assert [key for key in keys if f"`{key}`" not in page] == []
