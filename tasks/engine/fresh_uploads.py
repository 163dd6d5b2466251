"""Which pictures are at the provider already, and asking for those that are not."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tasks.models import PictureUpload, VideoTask

Place = tuple[UUID, str, str]  # picture, variant, upload host


class FreshUploads:
    """The uploads that a round of dispatch looks at, read with one query."""

    def __init__(self, tasks: Iterable[VideoTask], now: datetime) -> None:
        self._now = now
        pictures = {p for task in tasks for p in task.picture_ids}
        rows = PictureUpload.objects.filter(picture__in=pictures)
        self._known: dict[Place, PictureUpload] = {
            (row.picture_id, row.variant, row.upload_url): row for row in rows
        }
        self._missing: set[Place] = set()

    def of(self, task: VideoTask, upload_url: str) -> dict[UUID, str] | None:
        """Return `{picture: address}`; None, and ask for it, while one is missing."""
        found: dict[UUID, str] = {}
        for picture_id in task.picture_ids:
            place = (picture_id, task.aspect_ratio, upload_url)
            row = self._known.get(place)
            if row and row.expires_at and row.expires_at > self._now:
                found[picture_id] = row.url
            else:
                self._missing.add(place)
        return found if len(found) == len(task.picture_ids) else None

    def fault_of(self, task: VideoTask, upload_url: str) -> str:
        """The code of what is wrong with one of its pictures for good, if anything."""
        places = [(p, task.aspect_ratio, upload_url) for p in task.picture_ids]
        rows = [self._known[place] for place in places if place in self._known]
        return next((row.error_code for row in rows if row.error_code), "")

    def ask(self) -> bool:
        """Write down what is missing or has expired, for the upload step; whether
        anything is."""
        PictureUpload.objects.filter(
            pk__in=[
                row.pk for place, row in self._known.items() if place in self._missing
            ],
            expires_at__lte=self._now,
        ).update(expires_at=None, next_try_at=self._now)
        wanted = [
            PictureUpload(
                picture_id=picture,
                variant=variant,
                upload_url=host,
                next_try_at=self._now,
            )
            for picture, variant, host in self._missing
            if (picture, variant, host) not in self._known
        ]
        PictureUpload.objects.bulk_create(wanted, ignore_conflicts=True)
        return bool(self._missing)
