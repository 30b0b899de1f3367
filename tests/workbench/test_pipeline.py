"""``analyze`` in a notebook: files or a frame in, frames out, mistakes named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.workbench.commands import TABLE
from timeline import Formulary
from workbench import Review, analyze

ROWS = {
    "encounter_id": ["V1", "V1", "V2"],
    "drug": ["vancomycin", "cefepime", "ondansetron"],
    "route": ["IV", "IV", "IV push"],
    "site": ["left arm", "left arm", "right arm"],
    "start": ["2026-03-10 08:00", "2026-03-10 08:30", "2026-03-12 09:00"],
    "stop": ["2026-03-10 10:00", "2026-03-10 09:00", ""],
}


def bill(review: Review) -> list[tuple[str, str, int]]:
    return list(review.lines[["encounter_id", "code", "units"]].itertuples(index=False, name=None))


EXPECTED = [("V1", "96365", 1), ("V1", "96366", 1), ("V1", "96368", 1), ("V2", "96374", 1)]


def test_a_frame_is_read_like_the_file(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS)
    file = tmp_path / "chart.csv"
    frame.to_csv(file, index=False)
    assert bill(analyze(frame, timezone="UTC")) == EXPECTED
    assert bill(analyze(file, timezone="UTC")) == EXPECTED
    assert bill(analyze([str(file)], timezone="UTC")) == EXPECTED


def test_a_review_has_its_tables() -> None:
    review = analyze(pd.DataFrame(ROWS), timezone="UTC")
    assert [e.timeline.id for e in review.encounters] == ["V1", "V2"]
    assert list(review.administrations["drug"]) == ["vancomycin", "cefepime", "ondansetron"]
    assert len(review.queries) == 0


def test_switches_are_keywords_or_a_mapping() -> None:
    # 30 minutes of plain fluid twice: nothing each, one unit of hydration when added together
    twice = pd.DataFrame(
        {
            "encounter_id": ["V1", "V1"],
            "drug": ["lactated ringers"] * 2,
            "route": ["IV"] * 2,
            "start": ["2026-03-10 08:00", "2026-03-10 09:00"],
            "stop": ["2026-03-10 08:30", "2026-03-10 09:30"],
        }
    )
    assert bill(analyze(twice, timezone="UTC")) == []
    assert bill(analyze(twice, timezone="UTC", hydration_segments="sum")) == [("V1", "96360", 1)]
    assert bill(analyze(twice, timezone="UTC", switches={"hydration_segments": "sum"})) == [("V1", "96360", 1)]


def test_a_sites_own_formulary_comes_first(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("name: site\nentries:\n  house fluid: {category: hydration, names: [house fluid]}\n", "utf-8")
    chart = pd.DataFrame(
        {
            "encounter_id": ["V1"],
            "drug": ["house fluid"],
            "route": ["IV"],
            "start": ["2026-03-10 08:00"],
            "stop": ["2026-03-10 09:00"],
        }
    )
    assert bill(analyze(chart, timezone="UTC")) == [("V1", "96365", 1)]  # unlisted: therapeutic, with a finding
    assert bill(analyze(chart, timezone="UTC", formulary=site)) == [("V1", "96360", 1)]
    assert bill(analyze(chart, timezone="UTC", formulary=Formulary.load(site))) == [("V1", "96360", 1)]


def test_fewer_encounters_keep_the_account_of_the_input() -> None:
    review = analyze(pd.DataFrame(ROWS), timezone="UTC")
    one = review.only(encounter="V2")
    assert bill(one) == [("V2", "96374", 1)]
    assert one.result.records == review.result.records == 3


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        ({"hydration_segment": "sum"}, TypeError, "the nearest is 'hydration_segments'"),
        ({"hydration_segments": "all"}, ValueError, "takes each_31 or sum, not 'all'"),
        ({"policy": "facilty"}, ValueError, "did you mean 'facility'"),
        ({"profile": "generik"}, ValueError, "Did you mean 'generic'"),
        ({"timezone": "America/Chicagoo"}, ValueError, "Did you mean 'America/Chicago'"),
    ],
)
def test_a_wrong_call_is_an_error_that_names_the_nearest(
    call: dict[str, str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        analyze(TABLE, **call)  # type: ignore[arg-type]


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    import workbench

    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        workbench.analyse  # noqa: B018
