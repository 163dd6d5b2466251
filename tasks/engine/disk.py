"""Whether there is room for what is bought: a clip that cannot be stored is not bought."""

import shutil
from pathlib import Path

from django.conf import settings

# Free space that is never bought into: 5 % of the disk, within these bounds.
LEAST, MOST = 2 * 1024**3, 10 * 1024**3


def has_room() -> bool:
    folder = Path(settings.MEDIA_ROOT)
    usage = shutil.disk_usage(folder if folder.exists() else settings.BASE_DIR)
    return usage.free >= min(max(LEAST, usage.total // 20), MOST)
