"""Small versions of new pictures, made in a worker and never in a request."""

import logging
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from tasks.engine import stopping
from tasks.engine.wake import Wake
from tasks.media.pictures import BadPicture, thumbnail
from tasks.media.publishing import replacing
from tasks.models import Picture, VideoTask, change
from tasks.models.picture import NO_THUMBNAIL

log = logging.getLogger(__name__)

AT_ONCE = 10


def steps() -> Iterator[Wake]:
    while not stopping.is_asked():
        waiting = list(
            Picture.objects.filter(thumbnail="").order_by("created_at")[:AT_ONCE]
        )
        if not waiting:
            return
        for picture in waiting:
            _make(picture)
        yield Wake.NOTHING


def _make(picture: Picture) -> None:
    path = Path("thumbnails", picture.sha256[:2], f"{picture.sha256}.webp")
    try:
        with replacing(Path(settings.MEDIA_ROOT) / path) as draft:
            draft.write_bytes(thumbnail(picture.file))
    except (BadPicture, OSError) as e:
        log.warning("no thumbnail of picture %s: %s", picture.pk, e)
        path = Path(NO_THUMBNAIL)
    _show(picture, str(path))


def _show(picture: Picture, path: str) -> None:
    """Let boards that show the picture know."""
    with change() as moves:
        Picture.objects.filter(pk=picture.pk).update(thumbnail=path)
        shown = Q(picture=picture)
        # Tasks before projects: moves lock them in this order too.
        tasks = VideoTask.objects.alive().filter(shown).order_by("pk")
        projects = tasks.select_for_update().values_list("project", flat=True)
        for project_id in set(projects):
            moves.touched(project_id, shown)
