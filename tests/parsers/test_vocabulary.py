"""The words of the floor, whatever their case, spacing and punctuation."""

from __future__ import annotations

import pytest

from parsers.events import Action, Route
from parsers.vocabulary import (
    action_from_text,
    category_from_text,
    key,
    minutes,
    nearest_actions,
    number,
    rate_ml_per_hour,
    route_from_text,
    volume_ml,
)


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ("New Bag|NEW BAG|newbag|New-Bag|BeginBag|Begin Bag", Action.NEW_BAG),
        ("Started|[Started]|Start", Action.STARTED),
        ("Given|Administered", Action.GIVEN),
        ("Push|IV Push", Action.PUSH),
        ("Bolus|Infused/bolus", Action.BOLUS),
        ("Rate Change|Rate/Dose Change|ChangeDose/Rate", Action.RATE_CHANGE),
        ("Rate Verify|rate verify", Action.RATE_VERIFY),
        ("Paused", Action.PAUSED),
        ("Restarted|[Restarted]|MAR Unhold", Action.RESTARTED),
        ("Stopped|FinishedRunning", Action.STOPPED),
        ("Held|MAR Hold|Automatically Held", Action.HELD),
        ("Refused|Missed|Due|Pending|Prepared|See Alternative|NotDone|Dispensed", Action.NOT_GIVEN),
        ("Canceled Entry|Cancelled Entry", Action.CANCELED),
    ],
)
def test_charted_words(words: str, action: Action) -> None:
    assert {word: action_from_text(word) for word in words.split("|")} == dict.fromkeys(words.split("|"), action)


@pytest.mark.parametrize("word", ["", "Completed", "G", "Wobbled", "CP"])
def test_a_word_that_says_different_things_elsewhere_is_not_guessed(word: str) -> None:
    assert action_from_text(word) is None


def test_a_profile_word_wins() -> None:
    assert action_from_text("G", {"g": Action.GIVEN}) is Action.GIVEN
    assert action_from_text("Stopped", {"stopped": Action.PAUSED}) is Action.PAUSED


def test_the_nearest_known_words_help_with_a_typo() -> None:
    assert nearest_actions("Stoped")[0] == "Stopped"
    assert nearest_actions("NewBagg") == ("New Bag",)
    assert nearest_actions("Gvien") == ("Given",)
    assert nearest_actions("Infusion Stoped")[0] == "Infusion Stopped"
    assert nearest_actions("qqqq") == ()


@pytest.mark.parametrize(
    "word",
    [
        "Abgehängt",  # taken down; it resembles Bag Hung
        "Angehaengt",  # hung; it resembles Change Rate
        "Unpaused",
        "Infusion not started",
        "Infusionnotstarted",
        "Not Stopped",
        "Zapped",
    ],
)
def test_a_word_that_may_mean_the_contrary_is_not_suggested(word: str) -> None:
    assert nearest_actions(word) == ()


def test_a_letter_and_its_mark_are_one_word_however_written() -> None:
    assert key("Abgeh\u00e4ngt") == key("Abgeha\u0308ngt")


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("IV", Route.IV),
        ("intravenous", Route.IV),
        ("Intravenous - left arm", Route.IV),
        ("IVPB", Route.IVPB),
        ("IV Piggyback", Route.IVPB),
        ("Intravenous piggyback", Route.IVPB),
        ("IV push", Route.IV_PUSH),
        ("IVP", Route.IV_PUSH),
        ("IV push over 2 min", Route.IV_PUSH),
        ("IM", Route.IM),
        ("Intramuscular, left deltoid", Route.IM),
        ("SubQ", Route.SC),
        ("sq", Route.SC),
        ("Intra-arterial", Route.INTRA_ARTERIAL),
        ("PO", Route.OTHER),
        ("enteral", Route.OTHER),
        ("NG tube", Route.OTHER),
        ("", None),
        (None, None),
        ("IV and oral", None),
        ("by drone", None),
    ],
)
def test_routes(text: str | None, route: Route | None) -> None:
    assert route_from_text(text) is route


@pytest.mark.parametrize(
    ("text", "category"),
    [("Chemo", "chemo"), ("antineoplastic", "chemo"), ("TKO", "carrier"), ("Blood products", "blood"),
     ("TPN", "nutrition"), ("HYDRATION", "hydration"), ("anesthesia", "anaesthesia"), ("", None), ("misc", None)],
)  # fmt: skip
def test_categories(text: str, category: str | None) -> None:
    assert category_from_text(text) == category


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("125 mL/hr", (125.0, "mL/hr")),
        ("1,000 mL", (1000.0, "mL")),
        ("10mg", (10.0, "mg")),
        (".5", (0.5, None)),
        ("-5", (-5.0, None)),
        ("5%", (5.0, "%")),
        ("2,5", (None, None)),
        ("5-10", (None, None)),
        ("nan", (None, None)),
        ("1_000", (None, None)),
        ("", (None, None)),
        ("one", (None, None)),
    ],
)
def test_numbers_with_units(text: str, found: tuple[float | None, str | None]) -> None:
    assert number(text) == found


@pytest.mark.parametrize(
    ("value", "unit", "per_hour"),
    [
        (125, "mL/hr", 125),
        (125, "ml/h", 125),
        (125, "mL per hour", 125),
        (2, "mL/min", 120),
        (0.5, "L/hr", 500),
        (5, "mcg/kg/min", None),
        (5, "mL/kg/hr", None),
        (5, "mg/hr", None),
        (5, "", None),
        (None, "mL/hr", None),
    ],
)
def test_rates(value: float | None, unit: str, per_hour: float | None) -> None:
    assert rate_ml_per_hour(value, unit) == per_hour


def test_volumes() -> None:
    assert volume_ml(1, "L") == 1000
    assert volume_ml(50, "cc") == 50
    assert volume_ml(50, "mg") is None
    assert volume_ml(50, None) is None


@pytest.mark.parametrize(
    ("text", "unit", "length"),
    [
        ("90", None, 90),
        ("90 min", None, 90),
        ("1.5", "hours", 90),
        ("1.5 h", None, 90),
        ("1 h 30 min", None, 90),
        ("1:30", None, 90),
        ("01:30:00", None, 90),
        ("PT1H30M", None, 90),
        ("soon", None, None),
        ("30 fl", None, None),
        ("-5", None, None),
        ("", None, None),
    ],
)
def test_durations(text: str, unit: str | None, length: float | None) -> None:
    assert minutes(text, unit) == length
