"""Pictures, posters and clips: after the same check as the page they stand on, never by
a public path."""

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from tasks.media.pictures import DRAWN
from tasks.models import Clip, Picture, VideoTask
from tasks.sight import pictures_visible_to
from tasks.views.ranges import ranged_file


@require_safe
@login_required
def picture_thumbnail(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    picture = _picture(request, pk)
    if not picture.has_thumbnail:
        raise Http404
    return ranged_file(
        request,
        Path(settings.MEDIA_ROOT) / picture.thumbnail,
        content_type="image/webp",
        etag=f'"{picture.sha256[:32]}-t"',
        filename=f"{Path(picture.name).stem}.webp",
        max_age=3600,
    )


@require_safe
@login_required
def picture_file(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    picture = _picture(request, pk)
    shown = DRAWN.get(picture.file.suffix)
    return ranged_file(
        request,
        picture.file,
        content_type=shown or "application/octet-stream",
        etag=f'"{picture.sha256[:32]}"',
        filename=picture.name,
        attachment=shown is None,
    )


@require_safe
@login_required
def clip_file(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    clip = _clip(request, pk)
    return clip_response(request, clip, attachment="download" in request.GET)


@require_safe
@login_required
def clip_poster(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    clip = _clip(request, pk)
    if not clip.poster:
        raise Http404
    poster = Path(settings.MEDIA_ROOT) / clip.poster
    return ranged_file(
        request,
        poster,
        content_type=DRAWN.get(poster.suffix, "image/jpeg"),
        etag=f'"{clip.sha256[:32]}-p"',
        filename=f"{clip.attempt.task.number:04}{poster.suffix}",
        max_age=3600,
    )


def clip_response(
    request: HttpRequest, clip: Clip, *, attachment: bool
) -> HttpResponseBase:
    """Serve a clip to somebody who may see it, named after its task's number."""
    return ranged_file(
        request,
        clip.file,
        content_type="video/mp4",
        etag=clip.etag,
        filename=f"{clip.attempt.task.number:04}.mp4",
        attachment=attachment,
    )


def _picture(request: SignedInRequest, pk: UUID) -> Picture:
    return get_object_or_404(pictures_visible_to(request.user), pk=pk)


def _clip(request: SignedInRequest, pk: UUID) -> Clip:
    clips = Clip.objects.select_related("attempt__task")
    tasks = VideoTask.objects.visible_to(request.user)
    return get_object_or_404(clips, pk=pk, attempt__task__in=tasks)
