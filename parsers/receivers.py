"""Receiver profiles: where one billing system wants the parts of a charge, as YAML that an analyst can read and change.

A profile only names places, codes and forms of writing; it never decides what is charged.  ``generic`` applies without
one.  The keys are described in ``docs/charges.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from parsers.yaml_files import check_keys, plain_fault, profile_text, shipped_in, yaml_map

GENERIC = "generic"
REVENUE_CODE = "0260"
"""IV therapy, where neither the CDM table nor the profile names another."""

Version = Literal["2.3", "2.3.1", "2.4", "2.5", "2.5.1"]
_DATE_RANGES = frozenset({"2.5", "2.5.1"})
"""Versions in which FT1-4 is a range of times; before them it is a single time."""


class ReceiverError(ValueError):
    """A receiver profile that cannot be used; the text says where and what to write instead."""


class FhirNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the identifiers and codes of a house are called in FHIR; each is a URI, empty where there is none."""

    base_url: str = ""
    """Address of the FHIR server, without a slash at the end."""
    charge_system: str = ""
    patient_system: str = ""
    encounter_system: str = ""
    department_system: str = ""
    cdm_system: str = ""
    modifier_extension: str = "http://hl7.org/fhir/4.0/StructureDefinition/extension-Claim.item.modifier"
    """R4 ChargeItem has no element for modifiers; this is HL7's own name for that of a claim line."""
    revenue_extension: str = "http://hl7.org/fhir/4.0/StructureDefinition/extension-Claim.item.revenue"


class Receiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One billing system.  Texts of MSH may hold components (``^``); everything else is escaped where it is written."""

    name: str
    """Shown in answers; in a file it may be left out for the file's own name."""
    basis: str = ""
    """On what the profile rests: an interface specification, an observed sample."""
    version: Version = "2.5.1"
    processing_id: Literal["P", "T", "D"] = "P"
    sending_application: str = "INFUSION_TIMELINE"
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    encounter_in: Literal["PID-18", "PV1-19", "both"] = "both"
    patient_class: str = "O"
    """PV1-2, which HL7 requires.  The store does not keep the class, and inpatient hours are never coded."""
    patient_name: str | None = None
    """PID-5 as it is to be written; without it HL7's form for a name that is not known."""
    patient_authority: str = ""
    """PID-3.4, who gave out the patient id."""
    patient_id_type: str = ""
    """PID-3.5, such as MR."""
    transaction_code: Literal["cdm", "cpt"] = "cdm"
    """FT1-7; the CPT stands in for a CDM code that the table does not give."""
    procedure: bool = True
    """Whether FT1-25 holds the CPT."""
    procedure_system: str = "C4"
    """Third component beside every CPT; C4 is HL7's name of CPT."""
    modifiers: Literal["repeat", "append", "none"] = "repeat"
    """Repeats of FT1-26, or behind every CPT (``96365-59``)."""
    date: Literal["date", "range"] = "date"
    posting_date: Literal["none", "service-date"] = "none"
    credit_units: Literal["positive", "negative"] = "positive"
    timezone_offset: bool = False
    message_per: Literal["encounter", "charge"] = "encounter"
    revenue_codes: dict[str, str] = {}
    """CPT to revenue code, where the CDM table names none."""
    departments: dict[str, str] = {}
    """Department as charted to the number or name the receiver knows."""
    fhir: FhirNames = FhirNames()

    @property
    def name_text(self) -> str:
        """PID-5: the profile's text, or a name that is not known; version 2.3 allows one name only."""
        if self.patient_name is not None:
            return self.patient_name
        return "^^^^^^U" if self.version == "2.3" else "~^^^^^^U"

    def department(self, charted: str | None) -> str:
        """The department as the receiver calls it; an unknown one as charted, empty where none is charted."""
        if charted is None:
            return ""
        known = {_plain_key(name): code for name, code in self.departments.items()}
        return known.get(_plain_key(charted), charted)

    def revenue_code(self, code: str) -> str:
        """The revenue code of a CPT where the CDM table names none: four digits."""
        return self.revenue_codes.get(code, REVENUE_CODE).zfill(4)


def _plain_key(text: str) -> str:
    return " ".join(text.split()).casefold()


def shipped_receivers() -> tuple[str, ...]:
    """Names of the receiver profiles that come with the package."""
    return shipped_in("receivers")


def load_receiver(name_or_path: str = GENERIC) -> Receiver:
    """A shipped receiver profile by name or one of the user's by path; :class:`ReceiverError` says what is wrong."""
    fix = "docs/charges.md shows how to write one."
    return read_receiver(*profile_text(name_or_path, "receivers", "receiver profile", fix, ReceiverError))


def read_receiver(text: str, where: str) -> Receiver:
    """A receiver profile from its YAML text; ``where`` names it in messages.  Raises :class:`ReceiverError`."""
    # Every value is read as text: YAML would make 176 of a revenue code written 0260, and a number of version 2.5.
    raw = yaml_map(text, where, "a receiver profile", "version: 2.5.1", ReceiverError, texts=True)
    # A key without a value is an empty text; where no text belongs, it is as if it were not there.
    raw = {name: value for name, value in raw.items() if value != "" or _KEYS.get(name) is str}
    raw["name"] = raw.get("name") or Path(where).stem
    check_keys(raw, Receiver, where, ReceiverError)
    if isinstance(raw.get("fhir"), dict):
        check_keys(raw["fhir"], FhirNames, f"{where}: fhir", ReceiverError)
    _check_choices(raw, where)
    try:
        receiver = msgspec.convert(raw, Receiver)
    except msgspec.ValidationError as error:
        raise ReceiverError(f"{where}: {plain_fault(str(error))}") from None
    _check_version(receiver, where)
    _check_texts(receiver, where)
    return receiver


_KEYS: Mapping[str, Any] = get_type_hints(Receiver)
_SWITCH = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


def _check_choices(raw: dict[str, Any], where: str) -> None:
    """Keys that take one of a few words; yes and no become what they stand for."""
    for name, kind in _KEYS.items():
        given = raw.get(name)
        if not isinstance(given, str):
            continue
        if kind is bool:
            known: tuple[str, ...] = ("yes", "no")
            if given.lower() in _SWITCH:
                raw[name] = _SWITCH[given.lower()]
                continue
        elif get_origin(kind) is Literal:
            known = get_args(kind)
        else:
            continue
        if given not in known:
            near = get_close_matches(given, known, n=1)
            meant = f" Did you mean '{near[0]}'?" if near else ""
            raise ReceiverError(f"{where}: {name}: '{given}' is not known.{meant} Known: {', '.join(known)}.")


def _check_version(receiver: Receiver, where: str) -> None:
    """What the chosen version of HL7 has no place for."""
    if receiver.modifiers == "repeat" and receiver.version == "2.3":
        raise ReceiverError(
            f"{where}: modifiers: repeat uses FT1-26, which version 2.3 does not have. Write modifiers: append"
            " (96365-59) or modifiers: none, or version: 2.3.1 or later."
        )
    if receiver.date == "range" and receiver.version not in _DATE_RANGES:
        raise ReceiverError(
            f"{where}: date: range needs version 2.5 or later: in version {receiver.version} FT1-4 is a single time."
            " Write date: date, or version: 2.5."
        )


_HEADERS = (
    "sending_application",
    "sending_facility",
    "receiving_application",
    "receiving_facility",
)
_NO_TEXT = re.compile(r"[|\r\n\x00-\x1f]")
_NOT_IN_HEADER = re.compile(r"[|~\\&\x00-\x1f]")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_REVENUE = re.compile(r"\d{3,4}", re.ASCII)
_PROCEDURE = re.compile(r"[0-9A-Z]\d{3}[0-9A-Z]", re.ASCII)
LONGEST_HEADER = 180


def _check_texts(receiver: Receiver, where: str) -> None:
    for name in _HEADERS:
        text = getattr(receiver, name)
        if _NOT_IN_HEADER.search(text) or len(text) > LONGEST_HEADER:
            raise ReceiverError(
                f"{where}: {name}: a name of at most {LONGEST_HEADER} characters is expected, without | ~ \\ & and"
                " line breaks; ^ parts its components."
            )
    if receiver.patient_name is not None and _NO_TEXT.search(receiver.patient_name):
        raise ReceiverError(f"{where}: patient_name: expected PID-5 as it is to be written, without | and line breaks")
    if not receiver.patient_class.isalnum():
        raise ReceiverError(f"{where}: patient_class: expected one word for PV1-2, such as O (outpatient) or E")
    for code, revenue in receiver.revenue_codes.items():
        if not _PROCEDURE.fullmatch(code) or not _REVENUE.fullmatch(revenue):
            raise ReceiverError(
                f"{where}: revenue_codes: '{code}: {revenue}' is no code with its revenue code; write '96413: 0335'"
            )
    for name in FhirNames.__struct_fields__:
        text = getattr(receiver.fhir, name)
        if text and not _URI.fullmatch(text):
            raise ReceiverError(
                f"{where}: fhir.{name}: '{text}' is no URI; write one such as https://hospital.example/charges"
            )
