"""The published JSON of hand-built results."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from parsers.events import Route, Source
from reports.json_encounter import plain, source_dict
from reports.json_output import result_to_dict, write_json
from reports.schema import schema
from tests.reports.builders import at, evening, evening_timeline, everything, hang, nothing, result
from tests.schema_check import assert_valid


def written(*args: Any, **facts: Any) -> str:
    stream = io.StringIO()
    write_json(result(*args, **facts), stream)
    return stream.getvalue()


def test_every_document_keeps_to_the_published_schema() -> None:
    for document in (everything(), result(nothing()), result(), result(evening(), rates=None, profile="epic")):
        assert_valid(result_to_dict(document))


def test_what_is_written_piece_by_piece_is_the_whole() -> None:
    stream = io.StringIO()
    write_json(everything(), stream)
    assert json.loads(stream.getvalue()) == result_to_dict(everything())
    assert json.loads(written()) == result_to_dict(result())


def test_same_result_same_bytes_with_one_encounter_a_line() -> None:
    first = written(evening(), nothing())
    assert first == written(evening(), nothing())
    assert [row[:25] for row in first.splitlines()[1:3]] == ['{"encounter_id":"E-1001",', '{"encounter_id":"E-0000",']


def test_keys_come_in_the_published_order() -> None:
    document = result_to_dict(everything())
    assert list(document) == [
        "schema", "run", "policy", "policies", "summary", "encounters", "findings", "ignored", "rejected",
    ]  # fmt: skip
    assert list(document["encounters"][0])[:5] == ["encounter_id", "patient_id", "start", "stop", "policy_version"]
    line = ["id", "code", "units", "modifiers", "date", "administrations", "minutes", "rule", "because", "amount"]
    assert list(document["encounters"][0]["lines"][0])[:10] == line


def test_times_are_local_with_the_offset_on_both_sides_of_midnight() -> None:
    encounter = result_to_dict(everything())["encounters"][0]
    assert encounter["start"] == "2026-03-12T18:00:00-04:00"
    assert encounter["stop"] == "2026-03-13T01:05:00-04:00"


def test_minutes_of_a_paused_infusion_and_its_segments() -> None:
    paclitaxel = result_to_dict(everything())["encounters"][0]["administrations"][3]
    assert paclitaxel["minutes"] == 190
    assert [s["minutes"] for s in paclitaxel["segments"]] == [50, 140]
    assert paclitaxel["kind"] == "infusion"


def test_segment_minutes_add_up_to_the_total_floored_once() -> None:
    runs = [(at("08:00"), at("08:10").replace(second=40)), (at("09:00"), at("09:10").replace(second=40))]
    coded = replace(evening(), timeline=evening_timeline((hang("x", "X", runs),)))
    x = result_to_dict(result(coded))["encounters"][0]["administrations"][0]
    assert x["minutes"] == 21  # 10:40 + 10:40 = 21:20
    assert [s["minutes"] for s in x["segments"]] == [10, 11]


def test_a_missing_stop_is_null_and_so_are_its_minutes() -> None:
    ceftriaxone = result_to_dict(everything())["encounters"][0]["administrations"][6]
    assert (ceftriaxone["stop"], ceftriaxone["minutes"]) == (None, None)
    assert ceftriaxone["stop_evidence"] == "missing"
    assert ceftriaxone["last_seen"] == "2026-03-12T23:05:00-04:00"


def test_query_outcomes_and_held_codes() -> None:
    query = result_to_dict(everything())["encounters"][0]["queries"][0]
    assert query["from"] == "2026-03-12T22:51:00-04:00"
    assert query["held"] == [{"code": "96367"}]
    assert query["outcomes"][0]["if"] == "stop"
    assert query["outcomes"][0]["lines"] == [{"code": "96375", "units": 1, "modifiers": []}]
    assert query["outcomes"][2] == {
        "if": "cannot be determined", "from": None, "to": None, "lines": [], "amount": 0.0,
    }  # fmt: skip


def test_summary_counts_every_record_once() -> None:
    summary = result_to_dict(everything())["summary"]
    assert summary["records"] == summary["used"] + summary["ignored"] + summary["rejected"] == 24
    assert (summary["encounters"], summary["administrations"], summary["lines"]) == (3, 48, 8)
    assert (summary["queries"], summary["findings"]) == (1, 2)
    assert (summary["amount"], summary["amount_in_query"]) == (433.14, 73.56)
    assert summary["amount_basis"] == "Medicare national unadjusted"


def test_without_rates_amounts_are_null_and_not_zero() -> None:
    summary = result_to_dict(result(nothing(), rates=None))["summary"]
    assert (summary["amount"], summary["amount_in_query"], summary["amount_basis"]) == (None, None, None)


def test_a_source_leaves_out_what_is_absent_and_never_tells_the_offset() -> None:
    assert source_dict(Source("mar.csv", row=4, offset=210)) == {"file": "mar.csv", "row": 4}
    assert source_dict(Source("feed.hl7", 2, control_id="M2", segment="RXA", field="RXA-3")) == {
        "file": "feed.hl7", "record": 2, "control_id": "M2", "segment": "RXA", "field": "RXA-3",
    }  # fmt: skip


def test_values_of_any_kind_become_plain() -> None:
    timeline = evening_timeline()
    values = {"at": at("19:10"), "day": date(2026, 3, 12), "of": frozenset({"b", "a"}), "route": Route.IVPB, "n": (1,)}
    assert plain(values, lambda time: timeline.local(time).isoformat()) == {
        "at": "2026-03-12T19:10:00-04:00", "day": "2026-03-12", "of": ["a", "b"], "route": "IVPB", "n": [1],
    }  # fmt: skip
    assert plain(float("nan")) is None
    assert plain(True) is True


def test_half_a_surrogate_pair_in_a_name_does_not_stop_the_output() -> None:
    coded = replace(evening(), timeline=evening_timeline((hang("x", "Drug \udc80", [(at("08:00"), at("09:00"))]),)))
    text = written(coded)
    assert "Drug \ufffd" in text
    text.encode("utf-8")


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("summary", "records"), -1),
        (("encounters", 0, "lines", 0, "units"), 0),
        (("encounters", 0, "start"), "2026-03-12 18:00"),
        (("encounters", 0, "administrations", 0, "kind"), "drip"),
        (("rejected", 0, "source"), None),
    ],
)
def test_the_schema_refuses_what_the_contract_does_not_allow(path: tuple[str | int, ...], wrong: object) -> None:
    document: Any = result_to_dict(everything())
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = wrong
    with pytest.raises(AssertionError, match=r"^\$\."):
        assert_valid(document)


def test_the_schema_refuses_a_renamed_or_missing_key() -> None:
    document = result_to_dict(everything())
    document["encounters"][0]["encounter"] = document["encounters"][0].pop("encounter_id")
    with pytest.raises(AssertionError, match="encounter"):
        assert_valid(document)


def test_the_schema_is_published_with_the_package() -> None:
    assert schema()["properties"]["schema"] == {"const": "infusion-timeline/1"}
