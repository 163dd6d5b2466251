"""One noun a file: its fields, states, lawful moves and queries. Nobody else writes a
state."""

from tasks.models.api_key import ApiKey, KeyState
from tasks.models.attempt import Attempt, State
from tasks.models.batch import Batch
from tasks.models.callback_receipt import CallbackReceipt
from tasks.models.change import Change, change
from tasks.models.choices import (
    AspectRatio,
    Duration,
    Resolution,
    Stage,
    Status,
    VeoModel,
)
from tasks.models.clip import Clip
from tasks.models.event import TaskEvent
from tasks.models.lease import Lease
from tasks.models.picture import Picture, PictureUpload
from tasks.models.price import Price
from tasks.models.project import Membership, Project
from tasks.models.provider_account import ProviderAccount
from tasks.models.video_task import Stale, Unlawful, VideoTask

__all__ = [
    "ApiKey",
    "AspectRatio",
    "Attempt",
    "Batch",
    "CallbackReceipt",
    "Change",
    "Clip",
    "Duration",
    "KeyState",
    "Lease",
    "Membership",
    "Picture",
    "PictureUpload",
    "Price",
    "Project",
    "ProviderAccount",
    "Resolution",
    "Stage",
    "Stale",
    "State",
    "Status",
    "TaskEvent",
    "Unlawful",
    "VeoModel",
    "VideoTask",
    "change",
]
