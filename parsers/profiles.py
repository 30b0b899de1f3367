"""Profiles: where one sender puts things, and the words it uses, as YAML that an analyst can read and change.

A profile only names places and words; it never holds a billing rule.  ``generic`` is what applies
without one.  Every shipped profile says on what basis it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from parsers.events import Action, Route
from parsers.field_paths import field_path
from parsers.mar_columns import COLUMNS
from parsers.vocabulary import key
from parsers.yaml_files import check_keys, plain_fault, profile_text, shipped_in, yaml_map

GENERIC = "generic"


class ProfileError(ValueError):
    """A profile that cannot be used; the text says where and what to write instead."""


class Hl7Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Places in HL7 v2 messages, the first that holds something wins.  Syntax: :mod:`parsers.field_paths`."""

    action_fields: tuple[str, ...] = ("RXA-20", "RXA-9.2", "RXA-9.1", "OBX(MAR ACTION)-5", "ORC-16.2", "ORC-16.1")
    encounter_fields: tuple[str, ...] = ("PV1-19.1", "PID-18.1")
    patient_fields: tuple[str, ...] = ("PID-3.1", "PID-2.1", "PID-4.1")
    order_fields: tuple[str, ...] = ("ORC-3.1", "ORC-2.1")
    site_fields: tuple[str, ...] = ("RXR-2", "OBX(IV LINE)-5", "OBX(IV SITE)-5")
    device_fields: tuple[str, ...] = ("RXR-3",)
    rate_fields: tuple[str, ...] = ("RXA-12",)
    nurse_fields: tuple[str, ...] = ("RXA-10.1",)
    department_fields: tuple[str, ...] = ("RXA-11.1", "RXA-27.1", "PV1-3.1")
    class_fields: tuple[str, ...] = ("PV1-2.1",)
    recorded_fields: tuple[str, ...] = ("RXA-22", "ORC-9", "MSH-7")
    pump_order_fields: tuple[str, ...] = ("ORC-3.1", "ORC-2.1", "OBR-2.1")
    """In pump messages (ORU): OBR-3 numbers the report itself with many gateways, so it names no order."""
    payer_fields: tuple[str, ...] = ()
    category_fields: tuple[str, ...] = ()
    hcpcs_fields: tuple[str, ...] = ()
    primary_drug_fields: tuple[str, ...] = ()


Layout = Literal["rows", "clif", "mimic", "eicu"]


class TableProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the tables of a sender are told from others, and what their rows are."""

    recognised_by: tuple[str, ...] = ()
    """Header names; a table that has most of them is taken to be of this sender."""
    layout: Layout = "rows"
    """``rows`` is the MAR table; the others are public research tables with a shape of their own."""
    minute_zero: str | None = None
    """For tables that count minutes instead of giving times: the time that minute 0 stands for."""
    not_read: tuple[str, ...] = ()
    """Header names of this export that have no meaning here, so that nothing is said of them."""
    cannot_carry: tuple[str, ...] = ()
    """Canonical columns this export has no place for, so that nobody looks for them."""


class Sender(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who sends, as MSH-3 and MSH-4 name them (component 1); ``*`` stands for any text, case does not count."""

    application: str = "*"
    facility: str = "*"


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One sender.  ``action_map`` and ``route_map`` translate its words, ``site_aliases`` its names of one access."""

    name: str
    """Shown in answers; in a file it may be left out for the file's own name."""
    basis: str = ""
    """On what the profile rests: a published document, an observed sample."""
    timezone: str | None = None
    senders: tuple[Sender, ...] = ()
    """Whose messages are read with it where no profile is named (:mod:`parsers.sender_profiles`)."""
    also: tuple[str, ...] = ()
    """Profiles beside this one, each for its own senders: shipped names or files beside this file."""
    action_map: dict[str, Action] = {}
    route_map: dict[str, Route] = {}
    site_aliases: dict[str, str] = {}
    drug_map: dict[str, str] = {}
    """Item numbers or local names of drugs: the name to read."""
    date_order: Literal["month-first", "day-first"] = "month-first"
    """How 03/04/2026 and 03.04.2026 are read in tables."""
    columns: dict[str, tuple[str, ...]] = {}
    """For tables: canonical column -> further header names; a single one may stand without brackets."""
    table: TableProfile = TableProfile()
    hl7: Hl7Profile = Hl7Profile()


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a profile, with keys as :func:`parsers.vocabulary.key` makes them."""

    actions: Mapping[str, Action] = field(default_factory=dict)
    routes: Mapping[str, Route] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)
    drugs: Mapping[str, str] = field(default_factory=dict)

    def site(self, text: str) -> str | None:
        """The access a charted site stands for, after the aliases; ``None`` for an empty one."""
        return self.sites.get(key(text), text) if text else None


def words_of(profile: Profile) -> Words:
    """The profile's words, ready for look-up."""
    return Words(
        {key(word): action for word, action in profile.action_map.items()},
        {key(word): route for word, route in profile.route_map.items()},
        {key(word): site for word, site in profile.site_aliases.items()},
        {key(word): drug for word, drug in profile.drug_map.items()},
    )


@lru_cache(maxsize=1)
def shipped_profiles() -> tuple[str, ...]:
    """Names of the profiles that come with the package."""
    return shipped_in("profiles")


def load_profile(name_or_path: str = GENERIC) -> Profile:
    """A shipped profile by name or one of the user's by path; :class:`ProfileError` says what is wrong with it.

    A shipped one is read once; one of the user's anew each time, since it may have been edited in between.
    """
    return _shipped(name_or_path) if name_or_path in shipped_profiles() else _complete(name_or_path)


@lru_cache(maxsize=32)
def _shipped(name: str) -> Profile:
    return _complete(name)


def _complete(name_or_path: str) -> Profile:
    profile = _load(name_or_path)
    if not profile.also:
        return profile
    folder = Path(name_or_path).parent
    beside = tuple(name if name in shipped_profiles() else str(folder / name) for name in profile.also)
    for name in beside:
        if not _load(name).senders:
            raise ProfileError(
                f"{profile.name}: also: '{Path(name).name}' names no senders, so no message would be read with it."
                ' Add senders to it, such as - {application: "MAR*", facility: "*"}.'
            )
    return msgspec.structs.replace(profile, also=beside)


def _load(name_or_path: str) -> Profile:
    fix = "Run without --profile first; docs/profiles.md shows how to write one."
    return read_profile(*profile_text(name_or_path, "profiles", "profile", fix, ProfileError))


def read_profile(text: str, where: str) -> Profile:
    """A profile from its YAML text; ``where`` names it in messages."""
    raw = yaml_map(text, where, "a profile", "name: my hospital", ProfileError)
    check_keys(raw, Profile, where, ProfileError)
    if isinstance(raw.get("hl7"), dict):
        check_keys(raw["hl7"], Hl7Profile, f"{where}: hl7", ProfileError)
    if isinstance(raw.get("table"), dict):
        check_keys(raw["table"], TableProfile, f"{where}: table", ProfileError)
    raw = {"name": Path(where).stem} | {name: value for name, value in raw.items() if value is not None}
    _check_words(raw, where)
    for name in ("columns", "hl7", "table"):  # a list of one may be written without brackets
        if isinstance(raw.get(name), dict):
            raw[name] = {k: [v] if isinstance(v, str) and k not in _TEXTS else v for k, v in raw[name].items()}
    try:
        profile = msgspec.convert(raw, Profile)
    except msgspec.ValidationError as error:
        raise ProfileError(f"{where}: {plain_fault(str(error))}") from None
    _check_values(profile, where)
    return profile


def _check_words(raw: Mapping[str, Any], where: str) -> None:
    """The three maps whose one side is a list of ours."""
    for name, known, ours in (
        ("action_map", tuple(a.value for a in Action), "values"),
        ("route_map", tuple(r.value for r in Route), "values"),
        ("columns", COLUMNS, "keys"),
    ):
        given = raw.get(name)
        if not isinstance(given, dict):
            continue
        for key_, value in given.items():
            word, other = (value, key_) if ours == "values" else (key_, value)
            if not isinstance(word, str) or word in known:
                continue
            turned = other if isinstance(other, str) else None
            if turned in known:
                hint = (
                    f" It looks reversed: write '{word}: {turned}'."
                    if ours == "values"
                    else (f" It looks reversed: write '{turned}: {word}'.")
                )
            else:
                near = get_close_matches(word, known, n=1)
                hint = f" Did you mean '{near[0]}'?" if near else ""
            raise ProfileError(f"{where}: {name}: '{word}' is not known.{hint} Known: {', '.join(known)}.")


_TEXTS = ("layout", "minute_zero")


def _check_values(profile: Profile, where: str) -> None:
    for name in Hl7Profile.__struct_fields__:
        for path in getattr(profile.hl7, name):
            try:
                field_path(path)
            except ValueError as error:
                raise ProfileError(f"{where}: hl7.{name}: {error}") from None
    if profile.timezone is not None:
        try:
            ZoneInfo(profile.timezone)
        except (KeyError, ValueError, OSError):
            raise ProfileError(
                f"{where}: timezone: '{profile.timezone}' is no time zone; write it as America/Chicago"
            ) from None
