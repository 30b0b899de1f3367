"""The tables of the store, for SQLite and PostgreSQL alike.

Four layers, each made from the one before: *files* and *records* as they came; *events* and context as understood,
each once; *codings* with their lines, queries and findings, one for every run in which an encounter came out
differently; and what was *sent*.  Bodies are JSON, so that a person can read them with any tool.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy import Text as AnyText
from sqlalchemy.types import TypeDecorator

from workbench.store.bodies import storable

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Text(TypeDecorator[str]):
    """Charted text may hold what no database takes."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: object) -> str | None:
        return None if value is None else storable(value)


_Big = BigInteger().with_variant(Integer, "sqlite")


def _of(table: str, *, index: bool = False, nullable: bool = False) -> Column[int]:
    """A reference to a row of another table."""
    there = ForeignKey(f"{table}.id", ondelete="CASCADE")
    return Column(f"{_ONE[table]}_id", _Big, there, nullable=nullable, index=index)


_ONE = {
    "runs": "run", "files": "file", "records": "record", "encounters": "encounter", "codings": "coding",
    "charge_batches": "batch", "orders": "order",
}  # fmt: skip

runs = Table(
    "runs",
    metadata,
    Column("id", _Big, primary_key=True),
    Column("state", Text, nullable=False),  # open, done
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("resumed", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("rules", Text, nullable=False),  # fingerprint of policy, switches, formulary, tables and zone
    Column("timezone", Text, nullable=False),
    Column("profile", Text),
    Column("mixed", Boolean, nullable=False),  # the store holds encounters coded by other rules
    Column("touched", Integer, nullable=False),  # encounters that something new concerned
    Column("coded", Integer, nullable=False),
    Column("removed", Text),  # what retention took out
    Column("totals", Text),
    Column("findings", Text),
)

# Files and records

files = Table(
    "files",
    metadata,
    Column("id", _Big, primary_key=True),
    _of("runs", index=True),
    Column("name", Text, nullable=False, unique=True),
    Column("sha256", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("arrived_at", Text, nullable=False, index=True),
    Column("size", _Big, nullable=False),
    Column("records", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("events", Integer, nullable=False),  # kept of it
    Column("ignored", Text, nullable=False),  # reason to count
    Column("rejected", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("without_offset", Boolean, nullable=False),
    Column("zone", Text),  # in which times without an offset were read; none: UTC was assumed
    Column("content", LargeBinary),  # zlib; whole, where records cannot stand alone (workbooks, Parquet, FHIR)
)
records = Table(
    "records",
    metadata,
    Column("id", _Big, primary_key=True),
    _of("files", index=True),
    Column("record", Integer),
    Column("row", Integer),
    Column("sheet", Text),
    Column("offset", _Big),
    Column("sha256", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),  # used, ignored, rejected; head for what stands above the rows of a table
    Column("reason", Text),
)
seen = Table(
    "seen",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # of sender, facility and control id
    Column("content", BigInteger, primary_key=True, autoincrement=False),
    _of("files", index=True),
    sqlite_with_rowid=False,
)
fhir_keys = Table(
    "fhir_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("record_id", _Big, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("own", Boolean, primary_key=True),  # its own address, or one it refers to
    Column("kind", Text, nullable=False),  # of the resource
)

# Events and context

encounters = Table(
    "encounters",
    metadata,
    Column("id", _Big, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("first_at", BigInteger),  # seconds since 1970
    Column("last_at", BigInteger, index=True),
    Column("pump", Boolean, nullable=False),  # no encounter: pump events of one patient that name none
    Column("retired", Boolean, nullable=False),  # its records were removed by retention; never coded again
    Column("alone", Boolean, nullable=False),  # one beside it was: coded only when something new concerns itself
    Column("coded_run", _Big),
)
patients = Table(
    "patients",
    metadata,
    Column("encounter_id", _Big, ForeignKey("encounters.id", ondelete="CASCADE"), primary_key=True),
    Column("patient", Text, primary_key=True, index=True),
)
events = Table(
    "events",
    metadata,
    Column("id", _Big, primary_key=True),
    _of("encounters"),
    _of("runs"),
    _of("records", index=True, nullable=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("order_number", Text, index=True),
    Column("body", Text, nullable=False),
    UniqueConstraint("encounter_id", "fingerprint"),
)


def _facts(name: str) -> Table:
    """What is known around encounters, by the record that says so; none: a row of ``--classes`` or ``--accesses``."""
    return Table(
        name,
        metadata,
        Column("id", _Big, primary_key=True),
        _of("encounters"),
        _of("runs"),
        _of("records", index=True, nullable=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("body", Text, nullable=False),
        UniqueConstraint("encounter_id", "fingerprint"),
    )


stays = _facts("stays")
accesses = _facts("accesses")
orders = Table(
    "orders",
    metadata,
    Column("id", _Big, primary_key=True),
    _of("runs"),
    _of("records", index=True, nullable=True),
    Column("fingerprint", LargeBinary, nullable=False, unique=True),
    Column("body", Text, nullable=False),
)
order_numbers = Table(
    "order_numbers",
    metadata,
    Column("number", Text, primary_key=True),
    Column("order_id", _Big, ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True, index=True),
)
merges = Table(
    "merges",
    metadata,
    Column("id", _Big, primary_key=True),
    _of("runs"),
    _of("records", index=True, nullable=True),
    Column("kind", Text, nullable=False),
    Column("old", Text, nullable=False, index=True),
    Column("new", Text, nullable=False, index=True),
    Column("fingerprint", LargeBinary, nullable=False, unique=True),
    Column("body", Text, nullable=False),
)
answers = Table(
    "answers",
    metadata,
    Column("encounter", Text, primary_key=True),
    Column("administration", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    _of("runs"),
    Column("body", Text, nullable=False),
)
touched = Table(
    "touched",
    metadata,
    Column("encounter_id", _Big, ForeignKey("encounters.id", ondelete="CASCADE"), primary_key=True),
    _of("runs"),
)

# Codings

codings = Table(
    "codings",
    metadata,
    Column("id", _Big, primary_key=True),
    _of("encounters"),
    _of("runs", index=True),
    Column("patient", Text),
    Column("digest", LargeBinary, nullable=False),
    Column("gone", Boolean, nullable=False),  # no administration is left under this number
    Column("start", Text),
    Column("stop", Text),
    Column("policy_version", Text, nullable=False),
    Column("amount", Float),
    Column("amount_in_query", Float),
    UniqueConstraint("encounter_id", "run_id"),
)
lines = Table(
    "lines",
    metadata,
    Column("coding_id", _Big, ForeignKey("codings.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("line", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("units", Integer, nullable=False),
    Column("modifiers", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("amount", Float),
    Column("answered", Boolean, nullable=False),
    Column("judgement", Boolean, nullable=False),
    Column("administrations", Text, nullable=False),
    Column("drug", Text, nullable=False),
    Column("start", Text),
    Column("stop", Text),
    Column("performed_by", Text),
    Column("department", Text),
    Column("sources", Text, nullable=False),
)
queries = Table(
    "queries",
    metadata,
    Column("coding_id", _Big, ForeignKey("codings.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("query", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("administration", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("held", Text, nullable=False),
)
findings = Table(
    "findings",
    metadata,
    Column("coding_id", _Big, ForeignKey("codings.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("severity", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("source", Text),
    Column("administrations", Text, nullable=False),
)
changes = Table(
    "changes",
    metadata,
    Column("run_id", _Big, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("encounter_id", _Big, ForeignKey("encounters.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("body", Text, nullable=False),
)

# Charges

owed = Table(
    "owed",  # encounters whose lines may differ from what was sent
    metadata,
    Column("encounter_id", _Big, ForeignKey("encounters.id", ondelete="CASCADE"), primary_key=True),
    Column("run_id", _Big, nullable=False, index=True),  # the last that changed them
)
charge_batches = Table(
    "charge_batches",
    metadata,
    Column("id", _Big, primary_key=True),
    Column("since", _Big, nullable=False, index=True),
    Column("as_of", _Big, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("released", Boolean, nullable=False),
    Column("only", Text, nullable=False),  # encounters asked for; none: all
    Column("sent_at", Text),
)
charge_items = Table(
    "charge_items",
    metadata,
    Column("batch_id", _Big, ForeignKey("charge_batches.id", ondelete="CASCADE"), primary_key=True),
    Column("charge", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("encounter", Text, nullable=False),
    Column("units", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
sent = Table(
    "sent",
    metadata,
    Column("charge", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("line", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("encounter", Text, nullable=False, index=True),
    Column("units", Integer, nullable=False),
    Column("sent_at", Text, nullable=False),
    Column("body", Text, nullable=False),
)
Index("ix_sent_line", sent.c.line)
_PUMPS = encounters.c.pump.is_(True)
Index("ix_encounters_pump", encounters.c.id, sqlite_where=_PUMPS, postgresql_where=_PUMPS)
