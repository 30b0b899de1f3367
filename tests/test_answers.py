"""Answers fed back: the question on the left, what the coder then sees on the right (rulebook 27)."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers import read
from parsers.answers import AnswersError, read_answers
from tests.schema_check import valid
from timeline import build, code
from timeline.model import CodedEncounter, Result

CHART = """encounter_id,order_id,drug,category,route,site,start,stop
E1,A,vancomycin,therapeutic,IVPB,IV1,2026-03-10T08:00,2026-03-10T09:00
E1,B,cefepime,therapeutic,IVPB,IV1,2026-03-10T09:00,
E2,A,vancomycin,therapeutic,IVPB,IV1,2026-03-10T08:00,2026-03-10T10:00
E2,B,cefepime,therapeutic,IVPB,,2026-03-10T08:30,2026-03-10T09:30
E3,A,vancomycin,therapeutic,IVPB,IV1,2026-03-10T08:00,2026-03-10T10:00
E3,B,cefepime,therapeutic,IVPB,IV2,2026-03-10T08:30,2026-03-10T09:30
"""


def asked(tmp_path: Path) -> Result:
    (tmp_path / "chart.csv").write_text(CHART)
    return valid(code(build(read([tmp_path / "chart.csv"]))))


def answered(tmp_path: Path, value: str, encounter: str, what: str) -> tuple[CodedEncounter, Result]:
    """The encounter after one answer to its one question."""
    first = asked(tmp_path)
    query = next(q for e in first.encounters if e.timeline.id == encounter for q in e.queries)
    assert query.what == what
    rows = [
        "encounter,administration,what,value,who,when,support",
        f"{encounter},{query.administration},{what},{value},RN 7,2026-03-11,pump log",
    ]
    (tmp_path / "answers.csv").write_text("\n".join(rows))
    result = valid(code(build(read([tmp_path / "chart.csv"])), answers=read_answers(tmp_path / "answers.csv")))
    return next(e for e in result.encounters if e.timeline.id == encounter), result


def lines(coded: CodedEncounter) -> dict[str, int]:
    return {"-".join([line.code, *line.modifiers]): line.units for line in coded.lines}


@pytest.mark.parametrize(
    ("encounter", "what", "value", "expected"),
    [
        # 09:00-10:45 is 105 minutes: sequential, one further hour at minute 91
        ("E1", "stop", "2026-03-10 10:45", {"96365": 1, "96367": 1, "96366": 1}),
        # 15 minutes is a push of a new drug
        ("E1", "stop", "2026-03-10 09:15", {"96365": 1, "96375": 1}),
        # the same line: 60 of 60 minutes overlap
        ("E2", "access", "iv 1", {"96365": 1, "96366": 1, "96368": 1}),
        # another line, charted by the answer: a second access, which asks in its turn
        ("E3", "second_access", "allow", {"96365": 1, "96366": 1, "96365-59": 1}),
        ("E3", "second_access", "deny", {"96365": 1, "96366": 1}),
    ],
)
def test_the_codes_follow_the_answer(
    tmp_path: Path, encounter: str, what: str, value: str, expected: dict[str, int]
) -> None:
    coded, _ = answered(tmp_path, value, encounter, what)
    assert lines(coded) == expected
    assert coded.queries == ()


def test_a_line_that_rests_on_an_answer_is_marked_and_names_who_gave_it(tmp_path: Path) -> None:
    coded, _ = answered(tmp_path, "2026-03-10 10:45", "E1", "stop")
    marked = {line.code: line.answered for line in coded.lines}
    assert marked == {"96365": False, "96366": True, "96367": True}
    sequential = next(line for line in coded.lines if line.code == "96367")
    texts = [sequential.because.text, *(c.text for b in sequential.because.children for c in (b, *b.children))]
    assert any("RN 7" in text and "pump log" in text for text in texts)
    cefepime = next(a for a in coded.timeline.administrations if a.drug == "cefepime")
    assert (cefepime.stop_evidence, cefepime.minutes) == ("answered", 105)


def test_cannot_be_determined_closes_the_question_and_bills_what_is_certain(tmp_path: Path) -> None:
    coded, _ = answered(tmp_path, "Cannot be determined", "E1", "stop")
    assert lines(coded) == {"96365": 1}
    assert coded.queries == ()
    assert [a.assumed for a in coded.assumptions] == ["cannot be determined"]


@pytest.mark.parametrize(
    ("value", "finding"),
    [("soon", "answer-not-used"), ("2026-03-10 08:59", "answer-not-used")],
)
def test_an_answer_that_cannot_be_right_is_a_finding_and_the_question_stays(
    tmp_path: Path, value: str, finding: str
) -> None:
    coded, _ = answered(tmp_path, value, "E1", "stop")
    assert finding in {f.code for f in coded.findings}
    assert len(coded.queries) == 1


def test_an_answer_to_nothing_in_the_record_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text(
        "encounter,administration,what,value\nE1,000000000000,stop,2026-03-10 10:45\nE9,x,stop,x\n"
    )
    asked(tmp_path)
    result = code(build(read([tmp_path / "chart.csv"])), answers=read_answers(tmp_path / "answers.csv"))
    assert "answer-without-encounter" in {f.code for f in result.findings}
    first = next(e for e in result.encounters if e.timeline.id == "E1")
    assert "answer-without-administration" in {f.code for f in first.findings}


@pytest.mark.parametrize(("text", "says"), [("", "empty"), ("encounter,what,value\n", "no column administration")])
def test_a_file_that_is_no_answers_file_says_so(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "answers.csv").write_text(text)
    with pytest.raises(AnswersError, match=says):
        read_answers(tmp_path / "answers.csv")
