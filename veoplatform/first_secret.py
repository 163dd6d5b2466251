"""The embedded mode's secret key, made once and kept beside its data."""

import os
import secrets
from pathlib import Path


def make_secret(data_dir: Path) -> str:
    """Return the key in `data_dir`, made now if this is the first start.

    Two processes may start at once: the file is linked into place whole, so that the
    second one reads what the first one wrote.
    """
    # The database lies in it too, and there sessions may be read.
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = data_dir / "secret_key"
    draft = data_dir / f".secret_key.{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(50))
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return file.read_text().strip()
