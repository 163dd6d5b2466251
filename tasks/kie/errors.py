"""Every fault by its code, so that a row stored long ago can still be explained."""

from tasks.kie import table_a, table_b, table_c
from tasks.kie.fault import Blame, Category, Fault, Verdict

__all__ = ["FAULTS", "Blame", "Category", "Fault", "Verdict"]

FAULTS: dict[str, Fault] = {
    row.code: row
    for table in (table_a, table_b, table_c)
    for row in vars(table).values()
    if isinstance(row, Fault)
}
