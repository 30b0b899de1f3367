"""What nobody can say: the codes stay held, and every view says that this is why (rulebook 27)."""

from __future__ import annotations

from pathlib import Path

from parsers import read
from parsers.answers import read_answers
from parsers.billed import read_billed
from reports.explain import explain_encounter
from reports.table_text import render_table
from reports.variance import audit
from tests.schema_check import valid
from timeline import build, code
from timeline.model import Result

# Ringer ran 125 minutes, ondansetron was pushed, magnesium has no stop.  If magnesium ran 16 minutes it is the initial
# infusion; if 15 or less the first push is the initial.  So every answer bills 96361 x 2 and 96375, but under another
# initial: an add-on without its initial is held.
CHART = """encounter_id,drug,route,site,action,time,rate,rate_unit,dose,dose_unit
E9,lactated ringer,IV,arm,New Bag,2026-03-10 08:00,500,mL/h,,
E9,lactated ringer,IV,arm,Stopped,2026-03-10 10:05,,,,
E9,ondansetron,IV push,arm,Given,2026-03-10 08:30,,,4,mg
E9,magnesium sulfate,IVPB,arm,New Bag,2026-03-10 10:10,,,2,g
"""


def closed(tmp_path: Path, value: str = "cannot be determined") -> tuple[Result, Result]:
    """The result before and after the one answer."""
    (tmp_path / "chart.csv").write_text(CHART)
    timelines = build(read([tmp_path / "chart.csv"]))
    before = valid(code(timelines))
    (query,) = before.encounters[0].queries
    rows = ["encounter,administration,what,value", f"E9,{query.administration},stop,{value}"]
    (tmp_path / "answers.csv").write_text("\n".join(rows))
    return before, valid(code(timelines, answers=read_answers(tmp_path / "answers.csv")))


def test_what_depends_on_it_stays_held_and_the_reason_is_said(tmp_path: Path) -> None:
    before, after = closed(tmp_path)
    assert [e.lines for e in (*before.encounters, *after.encounters)] == [(), ()]
    (coded,) = after.encounters
    assert coded.queries == ()
    held = [f for f in coded.findings if f.code == "held-undetermined"]
    assert len(held) == 3
    assert all("the stop of one administration cannot be determined" in f.message for f in held)
    assert all("initial service" in f.message for f in held)
    assert "held-for-answer" not in {f.code for f in coded.findings}


def test_the_views_do_not_say_that_nothing_is_earned(tmp_path: Path) -> None:
    _, after = closed(tmp_path)
    (coded,) = after.encounters
    table, explained = render_table(after, 100), explain_encounter(coded)
    for text in (table, explained):
        assert "nothing here earns" not in text
        assert "the stop of magnesium sulfate cannot be determined" in " ".join(text.split())
        assert "open question" not in text
    assert "- magnesium sulfate: infusion" in explained


def test_the_audit_calls_it_undocumented_before_and_after(tmp_path: Path) -> None:
    before, after = closed(tmp_path)
    (tmp_path / "billed.csv").write_text(
        "account,date,code,units\nE9,2026-03-10,96361,2\nE9,2026-03-10,96375,1\nE9,2026-03-10,96372,1\n"
    )
    billed = read_billed(tmp_path / "billed.csv")
    for result, says in ((before, "open query decides"), (after, "cannot be determined")):
        rows = {r.code: r for r in audit(result, billed).rows()}
        assert {c: r.status for c, r in rows.items()} == {
            "96361": "undocumented",
            "96372": "over-billed",  # no answer would make an injection of it
            "96375": "undocumented",
        }
        assert says in rows["96361"].cause
        assert says in rows["96375"].cause
