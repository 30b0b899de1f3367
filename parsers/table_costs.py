"""What each column of the MAR table that is missing costs, in the codes it takes away or the questions it leaves."""

from __future__ import annotations

REQUIRED = ("encounter_id", "drug", "start", "action", "time")

COSTS: dict[str, str] = {
    "encounter_id": "nothing can be read: no row says whose bill it is",
    "drug": "nothing can be read: no row says what was given",
    "start": "nothing can be read: no row says when it began",
    "action": "nothing can be read: a time says nothing without what was done then",
    "time": "nothing can be read: an action says nothing without when it was done",
    "stop": "every infusion has a missing stop: hours (96366, 96415, 96361) and often the initial are held in queries",
    "site": "96368 can never be supported, nor a second access: nobody can say what ran through one line",
    "route": "the route is taken from the drug's text where it says one; otherwise nothing can be told apart and coded",
    "order_id": "rows are tied by drug, access and route: two orders of a drug may be taken for one, a mix for two",
    "patient_id": "two encounters of one patient on one day are not seen as such: no modifier 59",
    "dose": "nothing; it is shown beside the administration",
    "rate": "keep-vein-open fluids cannot be told from hydration (96360, 96361)",
    "volume": "plausibility of minutes against volume and rate is not checked",
    "device": "96416 (portable pump) can never be supported",
    "category": "the formulary alone decides what is chemotherapy, hydration or a carrier",
    "recorded_at": "of two versions of one row the one recorded last cannot be told; late charting is not seen",
    "patient_class": "inpatient hours are not cut unless --classes gives them",
    "nurse": "the list of missing times cannot be sent to who can fill it",
    "department": "the list of missing times cannot be sent to a unit",
}
"""Columns in the order in which their absence hurts."""
DAY = "a time of day says nothing without its day"
"""Of a column ``date`` that stands beside a time of day."""
