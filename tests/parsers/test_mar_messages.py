"""RAS messages to events: groups, actions, times, drugs, places."""

from __future__ import annotations

from datetime import datetime

import pytest

from parsers.events import Action, Route
from parsers.profiles import read_profile
from tests.parsers.hl7_charts import CHICAGO, MSH, ORC, PID, RXR, codes, events, message, only, read, rxa


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 10, hour, minute, tzinfo=CHICAGO)


def test_a_row_with_start_and_stop() -> None:
    given = rxa("202603100800", "202603100930", f10="N7^Reyes", f11="2 WEST", f12="100 mL/hr", f22="202603100940")
    event = only(ORC, given, RXR)
    assert (event.action, event.time, event.stop, event.stop_from) == (Action.INTERVAL, at(8), at(9, 30), "charted")
    assert (event.encounter_id, event.patient_id, event.order_id) == ("E100", "P100", "FL7")
    assert (event.route, event.route_text, event.site) == (Route.IV, "Intravenous", "left forearm")
    assert (event.dose, event.dose_unit) == (1000.0, "mg")
    assert (event.rate, event.rate_unit, event.rate_ml_per_hour) == (100.0, "mL/hr", 100.0)
    assert (event.nurse, event.department, event.patient_class) == ("N7", "2 WEST", "O")
    assert event.recorded_at == at(9, 40)
    (drug,) = event.drugs
    assert (drug.name, drug.code, drug.code_system) == ("ertapenem", "M11", "99MAR")
    source = event.source
    assert (source.file, source.record, source.control_id, source.segment) == ("feed.hl7", 1, "M1", "RXA")


@pytest.mark.parametrize("stop", ["", " ", '""', "202603100800", "20260310080000"])
def test_an_empty_or_equal_rxa_4_is_no_stop(stop: str) -> None:
    event = only(ORC, rxa(stop=stop), RXR)
    assert (event.action, event.stop) == (Action.GIVEN, None)


def test_an_unreadable_rxa_4_is_a_missing_stop_not_a_push() -> None:
    reading = read(message(ORC, rxa(stop="20260310"), RXR))
    assert (reading.events[0].action, reading.events[0].stop) == (Action.INTERVAL, None)
    assert codes(reading) == ["stop-unreadable"]


@pytest.mark.parametrize(
    ("status", "stop", "action"),
    [
        ("CP", "", Action.GIVEN),
        ("", "", Action.GIVEN),
        ("CP^Complete^HL70322", "202603100830", Action.INTERVAL),
        ("RE", "", Action.NOT_GIVEN),
        ("NA", "202603100830", Action.NOT_GIVEN),
        ("PA", "202603100830", Action.INTERVAL),
        ("New Bag", "", Action.NEW_BAG),
        ("NB^New Bag^L", "", Action.NEW_BAG),
        ("New Bag", "202603100830", Action.INTERVAL),
        ("Stopped", "", Action.STOPPED),
        ("rate change", "202603100830", Action.RATE_CHANGE),
    ],
)
def test_what_rxa_20_says(status: str, stop: str, action: Action) -> None:
    assert only(ORC, rxa(stop=stop, status=status), RXR).action is action


@pytest.mark.parametrize(
    "segments",
    [
        (ORC, rxa(f9="^Stopped"), RXR),
        (ORC, rxa(f9="Stopped"), RXR),
        (ORC, rxa(), RXR, "OBX|1|ST|A1^MAR ACTION^L||Stopped"),
        (ORC + "|||||||ST^Stopped", rxa(), RXR),
    ],
)
def test_a_local_word_in_any_listed_field_wins_over_cp(segments: tuple[str, ...]) -> None:
    event = only(*segments)
    assert (event.action, event.action_text) == (Action.STOPPED, "Stopped")


def test_a_refusal_is_not_charged_on_the_word_of_another_field() -> None:
    reading = read(message(ORC, rxa(status="RE", f9="00^Administered^NCI"), RXR))
    assert reading.events[0].action is Action.NOT_GIVEN
    assert codes(reading) == ["action-conflict"]


def test_a_partial_dose_is_told() -> None:
    assert codes(read(message(ORC, rxa(status="PA"), RXR))) == ["partial-dose"]


def test_rxr_closes_its_group() -> None:
    first, second, third = events(
        ORC, rxa(drug="^a"), rxa(drug="^b"), "RXR|IM^Intramuscular", rxa(drug="^c"), "RXR|IV|^right hand"
    )
    assert [(e.drugs[0].name, e.route) for e in (first, second)] == [("a", Route.IM), ("b", Route.IM)]
    assert (third.drugs[0].name, third.route, third.site) == ("c", Route.IV, "right hand")
    assert [e.source.segment for e in (first, second, third)] == ["RXA[1]", "RXA[2]", "RXA[3]"]


def test_rxr_before_the_first_rxa_is_the_default_of_its_order() -> None:
    one, two, other = events(
        ORC, "RXR|SC^Subcutaneous", rxa(drug="^a"), rxa(drug="^b"), "ORC|RE||FL8", rxa(drug="^c"), RXR
    )
    assert [e.route for e in (one, two, other)] == [Route.SC, Route.SC, Route.IV]
    assert (one.order_id, other.order_id) == ("FL7", "FL8")


def test_rxr_before_and_between_is_told_as_unclear() -> None:
    reading = read(message(ORC, "RXR|IV", rxa(drug="^a"), "RXR|IM", rxa(drug="^b")))
    assert [e.route for e in reading.events] == [Route.IM, Route.IV]
    assert codes(reading) == ["rxr-order-unclear", "rxr-order-unclear"]


def test_a_mix_is_one_event_and_the_base_is_marked() -> None:
    event = only(ORC, rxa(drug="X1^potassium in saline", status="New Bag"), RXR,
                 "RXC|B|B1^sodium chloride 0.9%|1000|mL", "RXC|A|A1^potassium chloride|20|mEq")  # fmt: skip
    assert [(d.name, d.base) for d in event.drugs] == [("sodium chloride 0.9%", True), ("potassium chloride", False)]
    assert event.bag_volume_ml == 1000.0


def test_the_drug_may_stand_in_rxc_only() -> None:
    event = only(ORC, "RXR|IV^IV", "RXC|A|A1^cefazolin|1|g", rxa(drug="", status="BeginBag"))
    assert [d.name for d in event.drugs] == ["cefazolin"]
    assert event.action is Action.NEW_BAG


def test_rxc_that_lists_only_the_base_adds_to_rxa_5() -> None:
    event = only(ORC, rxa(drug="^cefazolin"), RXR, "RXC|B|^dextrose 5%|50|mL")
    assert [(d.name, d.base) for d in event.drugs] == [("cefazolin", False), ("dextrose 5%", True)]


def test_one_rxa_for_each_part_of_a_mix() -> None:
    parts = events(ORC, RXR, "RXC|A|1^cefazolin", "RXC|B|2^dextrose 5%", rxa(drug="1^cefazolin"), rxa(drug="2^x"))
    assert [[(d.name, d.base) for d in e.drugs] for e in parts] == [[("cefazolin", False)], [("dextrose 5%", True)]]


@pytest.mark.parametrize(
    ("written", "name", "code"),
    [
        ("^fish oil", "fish oil", None),
        ("ertapenem", "ertapenem", None),
        ("M1^ertapenem^L", "ertapenem", "M1"),
        ("^^^A9^ertapenem^X", "ertapenem", "A9"),
        ("M1^salt \\T\\ sugar^L", "salt & sugar", "M1"),
    ],
)
def test_names_and_codes_of_drugs(written: str, name: str, code: str | None) -> None:
    (drug,) = only(ORC, rxa(drug=written), RXR).drugs
    assert (drug.name, drug.code) == (name, code)


def test_hcpcs_in_the_alternate_code() -> None:
    (drug,) = only(ORC, rxa(drug="M1^ertapenem^L^J1335^x^HCPCS"), RXR).drugs
    assert drug.hcpcs == "J1335"


@pytest.mark.parametrize(
    ("rxr", "route"),
    [
        ("RXR|IV|||IVP^IV Push^HL70165", Route.IV_PUSH),
        ("RXR|IV|||IVP", Route.IV_PUSH),
        ("RXR|IV||IVP^IV Pump^HL70164|", Route.IV),  # a pump in 0164
        ("RXR|IV|||IVP^IV Pump^HL70164", Route.IV),
        ("RXR|IV|||IVPB^Piggyback", Route.IVPB),
        ("RXR|IVPB", Route.IVPB),
        ("RXR|PO^Oral|||PSH^Push", Route.OTHER),
        ("RXR|^IM", Route.IM),
    ],
)
def test_routes_and_the_two_meanings_of_ivp(rxr: str, route: Route) -> None:
    assert only(ORC, rxa(), rxr).route is route


def test_the_pump_of_rxr_3_is_the_device() -> None:
    assert only(ORC, rxa(), "RXR|IV|LFA|IVP^IV Pump^HL70164").device == "IV Pump"


@pytest.mark.parametrize(
    ("action", "infused", "hung"),
    [("New Bag", None, 250.0), ("Stopped", 250.0, None), ("CP", 250.0, None)],
)
def test_an_amount_in_ml_is_hung_or_infused(action: str, infused: float | None, hung: float | None) -> None:
    event = only(ORC, rxa(amount="250", unit="mL", status=action), RXR)
    assert (event.volume_ml, event.bag_volume_ml) == (infused, hung)


@pytest.mark.parametrize(("unit", "read_as"), [("mg^Milligram^UCUM", "mg"), ("^mg", "mg"), ("1^mg", "mg"), ("", None)])
def test_units(unit: str, read_as: str | None) -> None:
    assert only(ORC, rxa(unit=unit), RXR).dose_unit == read_as


def test_999_means_not_recorded() -> None:
    event = only(ORC, rxa(amount="999", unit=""), RXR)
    assert (event.dose, event.volume_ml) == (None, None)


@pytest.mark.parametrize(
    ("rxa_12", "value", "unit", "ml_per_hour"),
    [("100 mL/hr", 100.0, "mL/hr", 100.0), ("100mg/min", 100.0, "mg/min", None), ("2 mL/min", 2.0, "mL/min", 120.0)],
)
def test_rates(rxa_12: str, value: float, unit: str, ml_per_hour: float | None) -> None:
    event = only(ORC, rxa(f12=rxa_12), RXR)
    assert (event.rate, event.rate_unit, event.rate_ml_per_hour) == (value, unit, ml_per_hour)


def test_what_was_ordered() -> None:
    rxe = "RXE|^^M30^^^R|77^ertapenem|50||mL" + "|" * 17 + "H1|100|mL"
    event = only(ORC, rxe, RXR, rxa())
    assert (event.ordered_minutes, event.ordered_volume_ml, event.ordered_rate_ml_per_hour) == (30.0, 50.0, 100.0)


def test_days_of_an_order_are_not_minutes_of_a_dose() -> None:
    assert only(ORC, "RXE|^^D7^^^R|77^x|1||g", RXR, rxa()).ordered_minutes is None


@pytest.mark.parametrize("kind", ["RAS", "RAS^O17", "RAS^O01", "RAS^O01^RAS_O01"])
@pytest.mark.parametrize("version", ["2.2", "2.3", "2.5.1", "2.8", ""])
def test_every_way_to_name_the_type_and_every_version(kind: str, version: str) -> None:
    header = MSH.replace("RAS^O17^RAS_O17", kind).replace("2.5.1", version)
    (event,) = read(message(ORC, rxa(), RXR, header=header)).events
    assert event.encounter_id == "E100"


def test_the_account_in_pid_18_stands_for_a_missing_visit_number() -> None:
    text = "\r".join([MSH, PID + "|" * 13 + "ACC9^^^S", "PV1|1|E", ORC, rxa(), RXR])
    assert read(text).events[0].encounter_id == "ACC9"


def test_the_medical_record_number_is_chosen_among_the_repeats_of_pid_3() -> None:
    text = message(ORC, rxa(), RXR).replace("P100^^^SAMPLE^MR", "77^^^SAMPLE^PI~P5^^^SAMPLE^MR")
    assert read(text).events[0].patient_id == "P5"


@pytest.mark.parametrize(("flag", "correction"), [("A", None), ("D", "delete"), ("U", "update"), ("X", None)])
def test_corrections(flag: str, correction: str | None) -> None:
    assert only(ORC, rxa(f21=flag), RXR).correction == correction


def test_when_it_was_recorded() -> None:
    assert only(ORC, rxa(f22="202603100901"), RXR).recorded_at == at(9, 1)
    assert only(ORC, rxa(), RXR).recorded_at == at(8, 5)  # ORC-9
    assert only("ORC|RE||FL7", rxa(), RXR).recorded_at == at(12)  # MSH-7


def test_missing_segments_are_told_and_the_rest_is_used() -> None:
    reading = read(message(rxa()))
    assert (reading.events[0].order_id, reading.events[0].route) == (None, None)
    assert codes(reading) == ["orc-missing", "rxr-missing"]


def test_an_unusable_rxa_beside_a_good_one_is_a_finding_that_names_it() -> None:
    reading = read(message(ORC, rxa(), rxa(start="20260310"), RXR))
    assert (reading.used, len(reading.events), codes(reading)) == (1, 1, ["date-only"])
    source = reading.findings[0].source
    assert source is not None
    assert (source.segment, source.field) == ("RXA[2]", "RXA-3")


@pytest.mark.parametrize(
    ("segment", "code"),
    [
        (rxa(start="20260310"), "date-only"),
        (rxa(start="202602310800"), "time-impossible"),
        (rxa(start=""), "time-empty"),
        (rxa(drug=""), "drug-missing"),
        (rxa(status="Wobbled"), "action-unknown"),
        (rxa(start="ertapenem", stop="202603100800"), "field-shifted"),
        (rxa(stop="ertapenem"), "field-shifted"),
        (rxa(status="", f21="RE"), "field-shifted"),
        (rxa(status="", f19="RE"), "field-shifted"),
    ],
)
def test_a_message_whose_only_rxa_is_unusable_is_rejected(segment: str, code: str) -> None:
    reading = read(message(ORC, segment, RXR))
    assert [r.code for r in reading.rejected] == [code]
    assert (reading.used, reading.events) == (0, ())
    assert reading.rejected[0].fix


def test_an_unknown_action_word_is_named_unless_it_is_the_patient() -> None:
    (rejected,) = read(message(ORC, rxa(status="Wobbled"), RXR)).rejected
    assert "'Wobbled'" in rejected.message
    (rejected,) = read(message(ORC, rxa(status="Sampleton"), RXR)).rejected
    assert "Sampleton" not in rejected.message


def test_no_visit_number() -> None:
    reading = read("\r".join([MSH, PID, ORC, rxa(), RXR]))
    assert [r.code for r in reading.rejected] == ["encounter-missing"]
    assert "PV1-19.1 and PID-18.1" in reading.rejected[0].message


def test_notes_are_never_read() -> None:
    event = only(ORC, rxa(), "NTE|1||Stopped early, Sampleton asked", RXR)
    assert event.action is Action.GIVEN
    assert event.comment is None
    assert "asked" not in repr(event)


def test_the_autumn_hour_keeps_its_second_reading() -> None:
    event = only(ORC, rxa("202611010130", "202611010145"), RXR)
    assert event.time_if_late is not None
    assert (event.time_if_late - event.time).total_seconds() == 3600
    assert event.stop_if_late is not None


def test_a_time_no_clock_showed_is_told() -> None:
    assert codes(read(message(ORC, rxa("202603080230"), RXR))) == ["time-in-gap"]


def test_a_profile_names_places_and_words() -> None:
    profile = read_profile(
        "name: here\naction_map: {Bag Up: new_bag}\nsite_aliases: {L FA 20g: IV1}\nroute_map: {drip line: IV}\n"
        "hl7:\n  action_fields: [ZMA-2]\n  encounter_fields: [ZMA-3]\n  order_fields: [ORC-2]\n"
        "  payer_fields: [ZPA-1]\n  site_fields: [OBX(IV line)-5]\n"
        "  category_fields: [ZMA-4]\n  primary_drug_fields: [ZMA-5]\n",
        "here.yaml",
    )
    event = only(ORC, rxa(), "RXR|drip line", "OBX|1|ST|9^IV-LINE||l fa 20G", "ZMA|1|bag up|V55|chemo|Y",
                 "ZPA|Plan A", profile=profile)  # fmt: skip
    assert (event.action, event.encounter_id, event.order_id) == (Action.NEW_BAG, "V55", "PL7")
    assert (event.site, event.route, event.payer) == ("IV1", Route.IV, "Plan A")
    assert (event.drugs[0].category, event.primary_drug) == ("chemo", True)


def test_the_same_in_other_separators() -> None:
    plain = message(ORC, rxa("202603100800", "202603100930"), RXR)
    table = str.maketrans("|^~\\&", "#$%*@")
    one, other = read(plain).events[0], read(plain.translate(table)).events[0]
    assert one == other
