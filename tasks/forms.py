"""What people type, cleaned: forms check and never save."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxLengthValidator, URLValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks.media.pictures import BadPicture, inspect
from tasks.models import AspectRatio, Duration, Project, Resolution, VeoModel, VideoTask

if TYPE_CHECKING:
    ProjectModelForm = forms.ModelForm[Project]
else:
    ProjectModelForm = forms.ModelForm

PROMPT_MAX = 3000
SEEDS = (10_000, 99_999)  # the provider's; kie-api.md §1.1


class PromptField(forms.CharField):
    """1 to 3,000 characters. Browsers send line ends as two: they count as one."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(
            MaxLengthValidator(
                PROMPT_MAX,
                _(
                    "A prompt may have at most %(limit_value)d characters; this one "
                    "has %(show_value)d."
                ),
            )
        )

    def to_python(self, value: Any) -> Any:
        return super().to_python(value).replace("\r\n", "\n")


class SeedField(forms.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        message = _("A seed is a whole number from 10000 to 99999.")
        texts = {"invalid": message, "min_value": message, "max_value": message}
        super().__init__(
            label=_("seed"),
            min_value=SEEDS[0],
            max_value=SEEDS[1],
            required=False,
            help_text=_("10000–99999. The same seed gives a similar clip again."),
            error_messages={**texts, **kwargs.pop("error_messages", {})},
            **kwargs,
        )


class DurationField(forms.TypedChoiceField):
    def __init__(self) -> None:
        super().__init__(choices=Duration.choices, coerce=int, label=_("duration"))


class WebAddressField(forms.URLField):
    """An address of the web, not of a file server; stored as it was typed."""

    default_validators = [URLValidator(schemes=["http", "https"])]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(assume_scheme="https", required=False, **kwargs)


class TaskForm(forms.Form):
    """One clip to be made. `picture` is checked here and stored by the action."""

    picture = forms.FileField(label=_("picture"), required=False)
    image_url = WebAddressField(
        label=_("picture address"),
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://…"}),
    )
    prompt = PromptField(
        label=_("prompt"),
        widget=forms.Textarea(
            attrs={"placeholder": _("What happens? Movement, camera, light, sound…")}
        ),
    )
    name = forms.CharField(label=_("name"), max_length=200, required=False)
    aspect_ratio = forms.ChoiceField(
        label=_("aspect ratio"), choices=AspectRatio.choices, widget=forms.RadioSelect
    )
    model = forms.ChoiceField(label=_("model"), choices=VeoModel.choices)
    resolution = forms.ChoiceField(label=_("resolution"), choices=Resolution.choices)
    duration = DurationField()
    seed = SeedField()
    watermark = forms.CharField(
        label=_("watermark"),
        max_length=80,
        required=False,
        help_text=_("Text burned into the clip; empty for none."),
    )
    callback_url = WebAddressField(
        label=_("callback URL"),
        max_length=1000,
        help_text=_("We call it, signed, when the clip is stored or has failed."),
    )
    translate = forms.BooleanField(
        label=_("translate the prompt"),
        required=False,
        help_text=_("The provider translates it into English first."),
    )
    fallback = forms.BooleanField(
        label=_("fall back to another model"),
        required=False,
        help_text=_("After a definite failure the project's fallback model is tried."),
    )

    def __init__(
        self, *args: Any, task: VideoTask | None = None, **kwargs: Any
    ) -> None:
        if task is not None:
            names = self.base_fields.keys() - {"picture"}
            kwargs["initial"] = {name: getattr(task, name) for name in names}
        super().__init__(*args, **kwargs)
        self.has_picture = task is not None and task.picture_id is not None

    def clean(self) -> dict[str, Any]:
        row = super().clean() or {}
        self._check_source(row)
        # Only to tell all errors at once: what is kept is checked where it is kept.
        if self.errors and row.get("picture"):
            self._look_into(row["picture"])
        return row

    def _check_source(self, row: dict[str, Any]) -> None:
        file, address = row.get("picture"), row.get("image_url")
        if file and address:
            both = gettext("Give a picture or an address, not both.")
            self.add_error("image_url", both)
        told = self.errors.keys() & {"picture", "image_url"}
        if not (file or address or self.has_picture or told):
            none = gettext("Choose a picture, or give its address.")
            self.add_error("picture", none)

    def _look_into(self, file: Any) -> None:
        try:
            inspect(file)
        except BadPicture as e:
            self.refuse_picture(e)

    def refuse_picture(self, fault: BadPicture) -> None:
        self.add_error("picture", gettext(fault.message) % fault.params)

    @property
    def more_is_open(self) -> bool:
        """Whether one of the fields that are folded away needs attention."""
        return bool(self.errors.keys() & {"seed", "watermark", "callback_url", "name"})

    @property
    def row(self) -> dict[str, Any]:
        """The cleaned fields of a task, without the picture's file."""
        return {k: v for k, v in self.cleaned_data.items() if k != "picture"}


class ProjectForm(ProjectModelForm):
    """A project's name, limits and the defaults of its new tasks."""

    duration = DurationField()
    seed = SeedField()
    callback_url = WebAddressField(label=_("callback URL"), max_length=1000)

    class Meta:
        model = Project
        fields = (
            "name",
            "concurrency",
            "retries",
            "paused",
            "aspect_ratio",
            "model",
            "resolution",
            "duration",
            "seed",
            "watermark",
            "callback_url",
            "translate",
            "fallback",
            "fallback_model",
        )
        widgets = {"aspect_ratio": forms.RadioSelect}
        help_texts = {
            "concurrency": _("How many clips of this project are made side by side."),
            "retries": _("How often a failed clip is bought again by itself."),
            "paused": _("Nothing new is bought; what was bought finishes."),
        }


class NewProjectForm(ProjectModelForm):
    """A project's beginning; whether it is simulated can never be changed."""

    simulated = forms.BooleanField(
        label=_("Rehearse on the simulator"),
        required=False,
        help_text=_(
            "Everything works as in earnest and costs nothing; the clips are only "
            "moving pictures. This cannot be changed later."
        ),
    )

    class Meta:
        model = Project
        fields = ("name", "aspect_ratio")
        widgets = {"aspect_ratio": forms.RadioSelect}
