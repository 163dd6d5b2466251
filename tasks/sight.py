"""Who may see a picture: its owner, and everybody who may see a task that uses it."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from tasks.models import Picture, VideoTask


def pictures_visible_to(user: User) -> QuerySet[Picture]:
    # Exists and not IN: the cost is that of one picture, however many tasks there are.
    tasks = VideoTask.objects.visible_to(user)
    used = tasks.filter(
        Q(picture_id=OuterRef("pk")) | Q(last_picture_id=OuterRef("pk"))
    )
    return Picture.objects.filter(Q(owner=user) | Exists(used))
