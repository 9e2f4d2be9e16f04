"""What tables are made of: chained rows, facts with corrections, forecasts, and rules that have a sentence.

Every chained row has `id` (1, 2, 3 …, no gaps), `recorded_at` and `hash`.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.schema import SchemaItem

from db.types import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def rule(name: str, condition: str, sentence: str) -> CheckConstraint:
    return CheckConstraint(condition, name=name, info={"name": name, "sentence": sentence})


def one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return rule(f"{column}_known", f"{column} IN ({listed})", f"{column} must be one of {', '.join(values)}")


def between(column: str, low: int, high: int) -> CheckConstraint:
    return rule(f"{column}_range", f"{column} BETWEEN {low} AND {high}", f"{column} must lie between {low} and {high}")


def known_once(name: str, day: str) -> tuple[CheckConstraint, ...]:
    """What happens cannot be known before its day; a day begins in the east two dates before it does in the west."""
    sentence = f"known_on must not lie before {day}"
    earliest = {"sqlite": f"date({day}, '-2 days')", "postgresql": f"{day} - 2"}
    rules = {dialect: rule(name, f"known_on >= {first}", sentence) for dialect, first in earliest.items()}
    for dialect, made in rules.items():
        made.ddl_if(dialect=dialect)
    return tuple(rules.values())


def text_column(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def chained(name: str, *items: SchemaItem) -> Table:
    columns = [item for item in items if isinstance(item, Column)]
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        *columns,
        Column("recorded_at", Instant, nullable=False),
        Column("hash", String(64), nullable=False),
        *(item for item in items if not isinstance(item, Column)),
    )


def partly_unique(name: str, columns: tuple[str, ...], where: str) -> Index:
    condition = text(where)
    return Index(f"uq_{name}", *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


def fact(name: str, key: tuple[str, ...], *items: SchemaItem, undated: bool = False) -> Table:
    """Make a table of facts named by `key`; `undated` facts may leave `known_on` empty, their corrections may not."""
    dated = rule(
        "correction_dated",
        "supersedes IS NULL OR known_on IS NOT NULL",
        "a row that supersedes another must say known_on, the day from which the correction acts",
    )
    return chained(
        name,
        *items,
        Column("known_on", Date, nullable=undated),
        Column("supersedes", Integer, ForeignKey(f"{name}.id")),
        Column("retracted", Boolean, nullable=False),
        text_column("reason"),
        rule(
            "retraction_reasoned",
            "NOT retracted OR (supersedes IS NOT NULL AND reason <> '')",
            "a retraction must name the row it supersedes and give a reason",
        ),
        *((dated,) if undated else ()),
        partly_unique(f"{name}_fact", key, "supersedes IS NULL"),
        partly_unique(f"{name}_supersedes", ("supersedes",), "supersedes IS NOT NULL"),
    )


def forecasts(name: str, subject: str, *items: SchemaItem) -> Table:
    """Make a table of forecasts of `subject` over either a rolling horizon or a fixed deadline."""
    return chained(
        name,
        Column("run_id", ForeignKey("runs.id"), nullable=False),
        text_column(subject),
        Column("horizon_days", Integer),
        Column("deadline", Date),
        *items,
        rule(
            "horizon_or_deadline",
            "(horizon_days IS NULL) <> (deadline IS NULL)",
            "exactly one of horizon_days and deadline must be given",
        ),
        rule("horizon_days_positive", "horizon_days > 0", "horizon_days must be above 0"),
        partly_unique(f"{name}_horizon", ("run_id", subject, "horizon_days"), "horizon_days IS NOT NULL"),
        partly_unique(f"{name}_deadline", ("run_id", subject, "deadline"), "deadline IS NOT NULL"),
    )
