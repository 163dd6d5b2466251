"""Compiles the .po catalogues to .mo in pure Python: no GNU gettext needed to run."""

from collections.abc import Iterable
from pathlib import Path

import polib


def compile_catalogues(roots: Iterable[Path]) -> None:
    """Compile those that changed. Processes that loaded the old ones keep them."""
    for root in roots:
        for source in Path(root).glob("*/LC_MESSAGES/*.po"):
            compiled = source.with_suffix(".mo")
            if _is_newer(source, compiled):
                polib.pofile(str(source)).save_as_mofile(str(compiled))


def _is_newer(source: Path, compiled: Path) -> bool:
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime
