"""The shapes of REST, as its documentation shows them. What a value may be is not said
here but in `task_fields.py` and `project_fields.py`, in the reader's language."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, WithJsonSchema

from tasks.models import AspectRatio, Duration, Resolution, VeoModel

Text = Annotated[Any, WithJsonSchema({"type": "string"})]
Whole = Annotated[Any, WithJsonSchema({"type": "integer"})]
Truth = Annotated[Any, WithJsonSchema({"type": "boolean"})]
Id = Annotated[Any, WithJsonSchema({"type": "string", "format": "uuid"})]
OneModel = Annotated[Any, WithJsonSchema({"enum": VeoModel.values})]
OneRatio = Annotated[Any, WithJsonSchema({"enum": AspectRatio.values})]
OneResolution = Annotated[Any, WithJsonSchema({"enum": Resolution.values})]
OneDuration = Annotated[Any, WithJsonSchema({"enum": Duration.values})]


class Strict(Schema):
    # A misspelt field must not be dropped silently: it may cost credits.
    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, Any]:
        """Return what the sender spoke of, and nothing else."""
        return self.model_dump(exclude_unset=True)


class Parameters(Strict):
    model: OneModel = None
    aspect_ratio: OneRatio = None
    resolution: OneResolution = None
    duration: OneDuration = None
    watermark: Text = None
    callback_url: Text = None
    seed: Whole = None
    translate: Truth = None
    fallback: Truth = None


class ProjectIn(Parameters):
    name: Text = None
    concurrency: Whole = None
    paused: Truth = None
    retries: Whole = None
    fallback_model: OneModel = None


class NewProject(ProjectIn):
    simulated: Truth = None


class TaskIn(Parameters):
    prompt: Text = None
    name: Text = None
    picture_id: Id = None
    last_picture_id: Id = None
    image_url: Text = None


class TasksIn(TaskIn):
    """One task, or `tasks`: up to 1,000 of them, all or none."""

    tasks: list[TaskIn] | None = Field(None, max_length=1000)


class Chosen(Strict):
    """These tasks of the project; left out, all that it concerns."""

    task_ids: list[UUID] | None = None


class ParametersOut(Schema):
    model: str
    aspect_ratio: str
    resolution: str
    duration: int
    watermark: str
    callback_url: str
    seed: int | None
    translate: bool
    fallback: bool


class ProjectOut(ParametersOut):
    id: UUID
    name: str
    concurrency: int
    paused: bool
    retries: int
    fallback_model: str
    simulated: bool
    role: Literal["owner", "editor", "viewer"]
    counts: dict[str, int]
    created_at: datetime


class ErrorOut(Schema):
    """`detail` is in the provider's own words."""

    category: str
    code: str
    message: str
    next_step: str
    detail: str


class TaskOut(ParametersOut):
    id: UUID
    project_id: UUID
    number: int
    name: str
    prompt: str
    picture_id: UUID | None
    last_picture_id: UUID | None
    image_url: str
    status: str
    stage: str
    stage_code: str
    progress: int
    error: ErrorOut | None
    waiting_for: str | None
    waiting_text: str
    waiting_until: datetime | None
    attempts: int
    retries_left: int
    video_url: str | None
    video_width: int | None
    video_height: int | None
    video_seconds: float | None
    video_size: int | None
    video_sha256: str | None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    generated_at: datetime | None


class TasksOut(Schema):
    tasks: list[TaskOut]


class TaskPage(Schema):
    items: list[TaskOut]
    next: str | None
    counts: dict[str, int]


class ProjectPage(Schema):
    items: list[ProjectOut]


class PictureOut(Schema):
    picture_id: UUID
    width: int
    height: int


class StartedOut(Schema):
    started: int
    estimate_credits: float


class StoppedOut(StartedOut):
    stopped: int


class EventOut(Schema):
    at: datetime
    key: str
    data: dict[str, Any]
    message: str
    detail: str
    by: str | None


class AttemptOut(Schema):
    id: UUID
    number: int
    state: str
    is_counted: bool
    model: str
    seed: int | None
    provider_task_id: str | None
    credits_reserved: float
    credits_settled: float | None
    error: ErrorOut | None
    planned_at: datetime
    submitted_at: datetime | None
    generated_at: datetime | None
    ended_at: datetime | None
