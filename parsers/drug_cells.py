"""Drug, dose and route written in one cell: ``vancomycin 1,000 mg in NS 250 mL IVPB over 90 min``.

Only tables without a route column are read this way.  What is not said in the cell stays unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from parsers.events import AdministrationEvent, Route
from parsers.profiles import Words
from parsers.quantities import minutes, number, rate_ml_per_hour, volume_ml
from parsers.vocabulary import key, route_from_text

_ROUTE = re.compile(
    r"(?i)(?<![\w-])(slow IV push|IV push|IVP|IV ?PB|IV piggy ?back|IV (?:infusion|drip|bolus)|IV|intravenous(?:ly)?"
    r"(?: push| piggyback)?|IM|intramuscular(?:ly)?|SC|SQ|sub-?Q|subcut(?:aneous(?:ly)?)?|PO|by mouth|oral(?:ly)?|PR"
    r"|rectal(?:ly)?|topical(?:ly)?|SL|sublingual|inhal(?:ed|ation)|nebuli[sz]ed|intranasal|intrathecal|epidural)"
    r"(?![\w-])"
)
_AMOUNT = re.compile(
    r"(?i)(?<![\w.])(\d[\d,]*(?:\.\d+)?|\.\d+)\s*(mg|mcg|g|gm|grams?|units?|milliunits?|mEq|mmol|million units|mL|L)\b"
    r"(?!\s*/\s*(?:kg|h|hr|hour|min|m2|m²))"
)
_RATE = re.compile(r"(?i)(\d[\d,]*(?:\.\d+)?)\s*((?:mL|mg|mcg|units?)(?:/kg)?\s*/\s*(?:hr?|hour|min))\b")
_OVER = re.compile(r"(?i)\bover\s+((?:\d+(?:\.\d+)?\s*(?:min(?:ute)?s?|h(?:ou)?rs?|h)\s*)+)")
_IN_BAG = re.compile(r"(?i)(?:\bin\b|/)\s*(?:[\w%. -]*?\s)?(\d[\d,]*(?:\.\d+)?)\s*(mL|L)\b(?!\s*/)")
_LEADING = re.compile(rf"^\s*(?:{_ROUTE.pattern.removeprefix('(?i)')})\s+(?=\S)", re.IGNORECASE)
_AT_END = " ,;:-/(@"


@dataclass(frozen=True, slots=True)
class DrugCell:
    """The parts of such a cell."""

    name: str
    route: Route | None
    route_text: str | None
    dose: float | None = None
    dose_unit: str | None = None
    bag_volume_ml: float | None = None
    ordered_minutes: float | None = None
    rate: float | None = None
    rate_unit: str | None = None


def read_drug_cell(text: str, words: Words) -> DrugCell:
    """Take the cell apart; the name is what stands before the first amount, route or rate.

    >>> cell = read_drug_cell("cefTRIAXone 1 g in NS 50 mL IVPB over 30 min", Words())
    >>> cell.name, cell.dose, cell.dose_unit, cell.route.value, cell.bag_volume_ml, cell.ordered_minutes
    ('cefTRIAXone', 1.0, 'g', 'IVPB', 50.0, 30.0)
    """
    routes = list(_ROUTE.finditer(text))
    written = routes[-1] if routes else None
    rate, amount = _RATE.search(text), _AMOUNT.search(text)
    bag = _IN_BAG.search(text, amount.end() if amount else 0)
    over = _OVER.search(text)
    cuts = [match.start() for match in (*routes[-1:], amount, rate, over) if match is not None and match.start()]
    name = _LEADING.sub("", text[: min(cuts, default=len(text))]).rstrip(_AT_END) or text
    route = (words.routes.get(key(written[1])) or route_from_text(written[1])) if written else None
    dose, unit = (number(amount[1])[0], amount[2]) if amount else (None, None)
    # A fluid's own amount is what was hung.
    hung = volume_ml(number(bag[1])[0], bag[2]) if bag else volume_ml(dose, unit)
    return DrugCell(
        name=name,
        route=route,
        route_text=written[1] if written else None,
        dose=dose,
        dose_unit=unit,
        bag_volume_ml=hung,
        ordered_minutes=minutes(over[1].strip()) if over else None,
        rate=number(rate[1])[0] if rate else None,
        rate_unit=rate[2].replace(" ", "") if rate else None,
    )


def with_drug_cell(event: AdministrationEvent, cell: DrugCell) -> AdministrationEvent:
    """The event with what its drug's cell says; the row's own columns win."""
    (drug,) = event.drugs
    dose, unit = (event.dose, event.dose_unit) if event.dose is not None else (cell.dose, cell.dose_unit)
    rate, rate_unit = (event.rate, event.rate_unit) if event.rate is not None else (cell.rate, cell.rate_unit)
    flow = event.rate_ml_per_hour if event.rate is not None else None
    return replace(
        event,
        drugs=(replace(drug, name=cell.name),),
        route=cell.route,
        route_text=cell.route_text,
        dose=dose,
        dose_unit=unit,
        bag_volume_ml=event.bag_volume_ml or cell.bag_volume_ml,
        ordered_minutes=event.ordered_minutes or cell.ordered_minutes,
        rate=rate,
        rate_unit=rate_unit,
        rate_ml_per_hour=flow if flow is not None else rate_ml_per_hour(rate, rate_unit),
    )
