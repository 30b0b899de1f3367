"""The words of the floor: actions, routes and categories as charted, whatever their case and spacing.

A word that is not listed is not guessed at: the caller reports it, and a profile can map it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher, get_close_matches

from parsers.events import Action, Category, Route
from parsers.quantities import minutes, number, rate_ml_per_hour, volume_ml

__all__ = [
    "action_from_text",
    "category_from_text",
    "key",
    "minutes",
    "nearest_actions",
    "number",
    "rate_ml_per_hour",
    "route_from_text",
    "volume_ml",
]

_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def key(text: str) -> str:
    """A word without case, spaces and punctuation: ``Rate/Dose Change`` -> ``ratedosechange``."""
    if not text.isascii():
        # A letter and its mark may be written as one character or as two.
        text = unicodedata.normalize("NFC", text)
    return _NOT_ALPHANUMERIC.sub("", text).casefold()


_ACTION_WORDS: dict[Action, tuple[str, ...]] = {
    Action.NEW_BAG: (
        "New Bag", "New Bag Hung", "Bag Hung", "Hung", "Hang", "Begin Bag", "Bag Change", "Bag Changed", "Next Bag",
        "New Syringe", "New Bottle", "New Cartridge", "New Syringe/Cartridge",
    ),
    Action.STARTED: (
        "Started", "Start", "Start Infusion", "Infusion Start", "Infusion Started", "Begin", "Begun", "Initiated",
        "Begin Infusion", "Start of Infusion",
    ),
    Action.GIVEN: (
        "Given", "Administered", "Admin", "Done", "Given by Other", "Given by Another", "Given During Downtime",
        "Given - Without Order", "Given - See Override Pull", "Self Administered", "Patient Administered",
        "Partial", "Partial Dose", "Partially Given", "Dose Given",
    ),
    Action.PUSH: (
        "Push", "IV Push", "IVP", "Pushed", "Slow Push", "Slow IV Push", "IV Push Given", "Given IV Push", "Push Given",
    ),
    Action.BOLUS: (
        "Bolus", "Bolus from Bag", "Bolus from Pump", "Bolus Given", "Given Bolus", "Clinician Bolus", "Started Bolus",
        "Loading Dose", "Infused/Bolus", "Rate Change Bolus",
    ),
    Action.RATE_CHANGE: (
        "Rate Change", "Rate Changed", "Change Rate", "Rate/Dose Change", "Dose/Rate Change", "Change Dose/Rate",
        "Rate/Dose Changed", "Dose Change", "Dose Changed", "Titrated", "Titrate", "Titration", "Rate Increased",
        "Rate Decreased", "Rate Increase", "Rate Decrease",
    ),
    Action.RATE_VERIFY: (
        "Rate Verify", "Rate Verified", "Rate Verification", "Rate/Dose Verify", "Rate/Dose Verified", "Verify",
        "Dose Verify", "Verify Rate", "Handoff", "Hand-off", "Handoff Verify", "Infusing", "Still Infusing", "Running",
        "Continued", "Continue", "Infusion Continued", "Infuse", "IV Check", "Infusion Check",
    ),
    Action.PAUSED: (
        "Paused", "Pause", "Infusion Paused", "Infusion Pause", "Interrupted", "Infusion Interrupted", "Suspended",
        "Temporarily Stopped", "Standby",
    ),
    Action.RESTARTED: (
        "Restarted", "Restart", "Re-started", "Resumed", "Resume", "Infusion Restarted", "Infusion Resumed",
        "MAR Unhold", "Unhold", "Unheld", "Restarted - Same Bag",
    ),
    Action.STOPPED: (
        "Stopped", "Stop", "Stop Infusion", "Infusion Stop", "Infusion Stopped", "Infusion Complete",
        "Infusion Completed", "Infusion Ended", "End Infusion", "End of Infusion", "Ended", "End", "Finished",
        "Finished Running", "Bag Finished", "End Bag", "Stop Bag", "Discontinued", "Discontinue", "D/C", "DC'd",
        "Disconnected", "Infused",
    ),
    Action.HELD: ("Held", "Hold", "On Hold", "MAR Hold", "Automatically Held", "Auto Held", "Held by Provider"),
    Action.NOT_GIVEN: (
        "Refused", "Patient Refused", "Declined", "Missed", "Missed Dose", "Missing Dose", "Not Given", "Not Done",
        "Not Administered", "Not Started", "Omitted", "See Alternative", "Prepared", "Pending", "Due", "Overdue",
        "Scheduled", "Ordered", "Dispensed", "Dispense", "Wasted", "Waste", "Unable to Administer",
        "Patient Unavailable", "Patient not Available", "Charted Elsewhere", "Dose Not Needed", "Returned",
        "Pending Verification",
    ),
    Action.CANCELED: (
        "Canceled Entry", "Cancelled Entry", "Cancel Entry", "Canceled", "Cancelled", "MAR Entry Canceled",
        "Entered in Error", "Charted in Error", "Error", "In Error", "Voided", "Void", "Deleted", "Delete",
        "Retracted", "Undo",
    ),
}  # fmt: skip
"""``Infused/Bolus`` is one word for both in one extract: as a bolus it belongs to a running infusion, and stands
for a dose without one.  ``Completed`` is absent: it ends an infusion in one system and is a dose in another."""

_ACTIONS: dict[str, Action] = {key(word): action for action, words in _ACTION_WORDS.items() for word in words}
_SHOWN: dict[str, str] = {key(word): word for words in _ACTION_WORDS.values() for word in words}


def action_from_text(text: str, extra: Mapping[str, Action] | None = None) -> Action | None:
    """The action a charted word stands for; ``None`` if it is empty or not known.

    ``extra`` (of a profile; its keys made by :func:`key`) wins over the words known here.
    """
    word = key(text)
    if extra is not None and word in extra:
        return extra[word]
    return _ACTIONS.get(word)


_SLIP, _LOOKED_AT = 0.85, 0.75


def nearest_actions(text: str, count: int = 3) -> tuple[str, ...]:
    """The known action words that this one is a slip of the pen away from, the nearest first.

    Empty where none is that near, or where near ones mean different things: a word that only resembles another may
    mean its contrary (*unpaused* and *paused*), and a person who is tired takes what is offered.
    """
    near = get_close_matches(key(text), list(_SHOWN), n=8, cutoff=_LOOKED_AT)
    shown = tuple(_SHOWN[k] for k in near if _is_slip(text, _SHOWN[k]))
    return shown[:count] if len({_ACTIONS[key(word)] for word in shown}) == 1 else ()


def _is_slip(text: str, known: str) -> bool:
    """Every word is that of the other but for a letter or two; no word is more, since it may be a *not*."""
    words, others = (_NOT_ALPHANUMERIC.sub(" ", each).casefold().split() for each in (text, known))
    if len(words) != len(others):
        # NewBagg for New Bag: written together, one letter more or less.
        short, long = sorted((key(text), key(known)), key=len)
        return any(long[:n] + long[n + 1 :] == short for n in range(len(long)))
    return all(map(_is_slip_of, words, others))


def _is_slip_of(word: str, known: str) -> bool:
    if word[:1] != known[:1]:
        return False  # unpaused, disconnected, restarted
    if sorted(word) == sorted(known):
        return True
    return word[:2] == known[:2] and SequenceMatcher(None, word, known).ratio() >= _SLIP


_ROUTE_WORDS: dict[Route, tuple[str, ...]] = {
    Route.IV: (
        "IV", "Intravenous", "Intravenously", "IV infusion", "IV drip", "IV gtt", "IV continuous", "Continuous IV",
        "Intravenous continuous", "IV bolus", "Intravenous bolus", "IV central", "IV peripheral", "Central line",
        "PICC", "Mediport", "Port-a-cath", "Intravenous central line", "Intravenous peripheral line",
    ),
    Route.IVPB: (
        "IVPB", "IV piggyback", "IV piggy back", "Piggyback", "Intravenous piggyback", "IV intermittent",
        "Intravenous intermittent", "Intermittent IV", "IV PB",
    ),
    Route.IV_PUSH: (
        "IV push", "IVP", "Intravenous push", "Slow IV push", "IV slow push", "IV push slow", "IV direct", "Push",
    ),
    Route.IM: ("IM", "Intramuscular", "Intramuscularly"),
    Route.SC: (
        "SC", "SQ", "SubQ", "Sub-Q", "Subcut", "Subcutaneous", "Subcutaneously", "SubQ injection", "Hypodermoclysis",
    ),
    Route.INTRA_ARTERIAL: ("IA", "Intra-arterial", "Intraarterially"),
    Route.OTHER: (
        "PO", "Oral", "Orally", "By mouth", "Per os", "MTH", "NG", "NG tube", "Nasogastric", "Nasogastric tube", "OG",
        "OG tube", "Orogastric", "G tube", "GT", "GTT", "Gastrostomy", "PEG", "PEG tube", "J tube", "Jejunostomy",
        "Feeding tube", "Enteral", "Per tube", "Topical", "Top", "TP", "Transdermal", "TD", "Patch", "Cutaneous",
        "Inhaled", "Inhalation", "Inh", "IH", "Nebulized", "Nebulization", "Nebulizer", "Neb", "Rectal", "Rectally",
        "PR", "Ophthalmic", "OP", "Eye", "Both eyes", "Left eye", "Right eye", "Otic", "OT", "Both ears", "Left ear",
        "Right ear", "Nasal", "Intranasal", "Each nare", "Both nares", "Sublingual", "SL", "Buccal", "Transmucosal",
        "Vaginal", "VG", "Intrathecal", "IT", "Epidural", "EP", "Intradermal", "ID", "Intraosseous", "IO",
        "Intravesical", "Bladder instillation", "Intraperitoneal", "IP", "Irrigation", "Perineural", "Nerve block",
        "Infiltration", "Local infiltration", "Intra-articular", "Intraarticular", "Intravitreal", "Intraocular",
        "Intrapleural", "Intralesional", "Intracardiac", "Endotracheal", "ETT", "Urethral", "Dental",
        "Mouth/throat", "Swish and spit", "Swish and swallow", "Hemodialysis", "Misc", "Other",
    ),
}  # fmt: skip
_ROUTES: dict[str, Route] = {key(word): route for route, words in _ROUTE_WORDS.items() for word in words}

_ROUTE_TOKENS = {
    "intravenous": Route.IV, "iv": Route.IV, "push": Route.IV_PUSH, "piggyback": Route.IVPB, "ivpb": Route.IVPB,
    "intramuscular": Route.IM, "im": Route.IM, "subcutaneous": Route.SC, "subcut": Route.SC, "sc": Route.SC,
    "oral": Route.OTHER, "enteral": Route.OTHER, "topical": Route.OTHER, "inhalation": Route.OTHER,
    "rectal": Route.OTHER, "ophthalmic": Route.OTHER, "nasal": Route.OTHER, "epidural": Route.OTHER,
    "intrathecal": Route.OTHER, "tube": Route.OTHER,
}  # fmt: skip
_NARROWER_IV = {Route.IV_PUSH, Route.IVPB}


def route_from_text(text: str | None) -> Route | None:
    """The route class of a charted route; ``None`` if it is empty or not known (the caller tells which).

    A longer text ("Intravenous - left arm") is read by its words, if they all name one route.
    ``IVP`` as charted text is a push; the HL7 tables 0164 and 0165 differ on it and are read elsewhere.
    """
    if not text:
        return None
    known = _ROUTES.get(key(text))
    if known is not None:
        return known
    tokens = _NOT_ALPHANUMERIC.sub(" ", text).casefold().split()
    named = {_ROUTE_TOKENS[t] for t in tokens if t in _ROUTE_TOKENS}
    if len(named) == 2 and Route.IV in named and named & _NARROWER_IV:
        named.discard(Route.IV)
    return named.pop() if len(named) == 1 else None


def is_route_word(text: str) -> bool:
    """Whether the whole text is a known route, so that it can be no name."""
    return key(text) in _ROUTES


_CATEGORY_WORDS: dict[Category, tuple[str, ...]] = {
    "chemo": ("chemo", "chemotherapy", "antineoplastic", "antineoplastics", "chemotherapeutic", "complex biologic"),
    "therapeutic": (
        "therapeutic", "therapeutic drug", "therapy", "prophylactic", "diagnostic", "drug", "non-chemo", "medication",
    ),
    "hydration": ("hydration", "hydration fluid", "maintenance fluid", "fluid bolus"),
    "carrier": ("carrier", "carrier fluid", "KVO", "TKO", "flush", "diluent", "keep vein open"),
    "blood": ("blood", "blood product", "blood products", "transfusion"),
    "vaccine": ("vaccine", "vaccination", "immunization", "immunisation"),
    "nutrition": ("nutrition", "TPN", "parenteral nutrition", "PPN"),
    "contrast": ("contrast", "contrast agent", "contrast media"),
    "anaesthesia": ("anaesthesia", "anesthesia", "anaesthetic", "anesthetic"),
}  # fmt: skip
_CATEGORIES: dict[str, Category] = {key(word): name for name, words in _CATEGORY_WORDS.items() for word in words}


def category_from_text(text: str | None) -> Category | None:
    """The category a record names itself; ``None`` if it is empty or not known."""
    return _CATEGORIES.get(key(text)) if text else None
