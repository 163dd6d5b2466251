"""What an attempt asks the provider for, and the way to its client."""

import hashlib
import random
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings

from tasks.kie.client import Kie
from tasks.kie.requests import GenerateRequest
from tasks.media.ratios import sent_ratio
from tasks.models import ApiKey, Project, ProviderAccount, VideoTask

SEEDS = (10_000, 99_999)  # kie-api.md §1.1


def model_for(task: VideoTask, project: Project) -> str:
    """The task's model, or the fallback's once a purchase of it has definitely failed."""
    last = task.attempt
    if task.fallback and last is not None and last.is_counted:
        return project.fallback_model
    return task.model


def request_for(
    task: VideoTask, *, model: str, uploads: Mapping[UUID, str]
) -> GenerateRequest:
    """Return the request; `uploads` maps pictures to their addresses at the provider."""
    images = [uploads[p] for p in task.picture_ids]
    if task.image_url:
        images.insert(0, task.image_url)
    width, height = _shape(task)
    return GenerateRequest(
        prompt=task.prompt,
        image_urls=tuple(images),
        model=model,
        aspect_ratio=sent_ratio(task.aspect_ratio, width, height),
        resolution=task.resolution,
        duration=task.duration,
        watermark=task.watermark or None,
        translate=task.translate,
        # A seed of our own is a mark by which a person finds the row at the provider.
        seed=task.seed or random.randint(*SEEDS),  # noqa: S311 - a mark, not a secret
    )


def _shape(task: VideoTask) -> tuple[int, int]:
    picture = task.picture
    return (picture.width, picture.height) if picture else (16, 9)


def client_for(key: ApiKey) -> Kie:
    account = key.account
    return Kie(key.secret, base_url=account.base_url, upload_url=account.upload_url)


def callback_url(account: ProviderAccount, token: str) -> str | None:
    """Where the provider calls for this one attempt; None when it cannot reach us."""
    base = settings.PUBLIC_URL
    if account.simulated:
        base = f"http://127.0.0.1:{settings.PORT}"
    return f"{base}/hooks/kie/{token}/" if base else None


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def reading_key(key: ApiKey) -> ApiKey:
    """The key to ask with after what `key` bought: itself, or while it is refused
    another of the same account, since a task belongs to the account."""
    if key.is_readable:
        return key
    others = ApiKey.objects.readable().filter(account_id=key.account_id)
    return others.select_related("account").order_by("pk").first() or key
