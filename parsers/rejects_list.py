"""The list of rejected records that ``--rejects`` writes beside the records themselves, known again as input.

The folder of rejects is fed again as a whole once its records are mended; its list is no table of administrations.
"""

from __future__ import annotations

LIST = "rejects.csv"
COLUMNS = ("file", "record", "row", "offset", "code", "message", "fix", "second_opinion", "saved_in")
OWN_LIST = "list of rejected records, written by --rejects"
_FIRST_LINE = ",".join(COLUMNS).encode()


def is_rejects_list(data: bytes) -> bool:
    """Whether a file is such a list, as written or saved again by a spreadsheet."""
    first = data[:400].removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    return first.strip().replace(b";", b",").replace(b'"', b"") == _FIRST_LINE
