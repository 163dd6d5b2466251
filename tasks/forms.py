"""What people type into pages: which controls there are, and their words. What the
values may be is said once for forms, REST and imports, in `task_fields` and
`project_fields`; nothing is saved here."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks import project_fields, task_fields
from tasks.cleaning import Cleaned, Rule, apply_rules, url
from tasks.media.pictures import BadPicture, inspect
from tasks.models import AspectRatio, Duration, Project, Resolution, VeoModel, VideoTask


def _text(
    label: Any, *, widget: forms.Widget | None = None, help_text: Any = ""
) -> Any:
    """A control without rules of its own."""
    widget = widget or forms.TextInput()
    return forms.CharField(
        label=label, widget=widget, help_text=help_text, required=False
    )


def _select(label: Any, choices: Any) -> Any:
    return _text(label, widget=forms.Select(choices=choices))


def _switch(label: Any, help_text: Any = "") -> Any:
    return forms.BooleanField(label=label, help_text=help_text, required=False)


class RuledForm(forms.Form):
    """Reads what was typed by rules kept elsewhere; errors stand beside their field."""

    rules: Mapping[str, Rule] = {}

    def clean(self) -> Cleaned:
        typed = super().clean() or {}
        cleaned, errors = apply_rules(self.rules, typed)
        for name, error in errors.items():
            self.add_error(name, error)
        return cleaned


class ParametersForm(RuledForm):
    """What a project's defaults and its tasks have in common."""

    aspect_ratio = _text(
        _("aspect ratio"), widget=forms.RadioSelect(choices=AspectRatio.choices)
    )
    model = _select(_("model"), VeoModel.choices)
    resolution = _select(_("resolution"), Resolution.choices)
    duration = _select(_("duration"), Duration.choices)
    seed = _text(
        _("seed"),
        widget=forms.NumberInput(attrs={"min": 10_000, "max": 99_999}),
        help_text=_("10000–99999. The same seed gives a similar clip again."),
    )
    watermark = _text(
        _("watermark"), help_text=_("Text burned into the clip; empty for none.")
    )
    callback_url = _text(
        _("callback URL"),
        widget=forms.URLInput(attrs={"placeholder": "https://…"}),
        help_text=_("Kept with the task. Notices to it are not sent yet."),
    )
    translate = _switch(
        _("translate the prompt"), _("The provider translates it into English first.")
    )
    fallback = _switch(
        _("fall back to another model"),
        _("After a definite failure the project's fallback model is tried."),
    )


class TaskForm(ParametersForm):
    """One clip to be made. The picture is looked at here and stored by the action."""

    rules = task_fields.RULES | {"image_url": url(2000)}

    picture = forms.FileField(label=_("picture"), required=False)
    image_url = _text(
        _("picture address"), widget=forms.URLInput(attrs={"placeholder": "https://…"})
    )
    prompt = _text(
        _("prompt"),
        widget=forms.Textarea(
            attrs={"placeholder": _("What happens? Movement, camera, light, sound…")}
        ),
    )
    name = _text(_("name"))

    def __init__(
        self, *args: Any, task: VideoTask | None = None, **kwargs: Any
    ) -> None:
        if task is not None:
            names = self.base_fields.keys() - {"picture"}
            kwargs["initial"] = {name: getattr(task, name) for name in names}
        super().__init__(*args, **kwargs)
        self.has_picture = task is not None and task.picture_id is not None

    def clean(self) -> Cleaned:
        file = self.cleaned_data.get("picture")
        row = super().clean()
        self._check_source(file, row.get("image_url"))
        # Only to tell all errors at once: what is kept is checked where it is kept.
        if self.errors and file:
            self._look_into(file)
        return {**row, "picture": file}

    def _check_source(self, file: Any, address: str | None) -> None:
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
    def row(self) -> Cleaned:
        """The cleaned fields of a task, without the picture's file."""
        return {k: v for k, v in self.cleaned_data.items() if k != "picture"}


class ProjectForm(ParametersForm):
    """A project's name, limits and the defaults of its new tasks."""

    rules = project_fields.RULES

    name = _text(_("name"))
    concurrency = forms.CharField(
        label=_("generations at once"),
        widget=forms.NumberInput(attrs={"min": 1, "max": 1000}),
        help_text=_("How many clips of this project are made side by side."),
    )
    retries = forms.CharField(
        label=_("automatic retries"),
        widget=forms.NumberInput(attrs={"min": 0, "max": 10}),
        help_text=_("How often a failed clip is bought again by itself."),
    )
    paused = _switch(_("paused"), _("Nothing new is bought; what was bought finishes."))
    fallback_model = _select(_("fallback model"), VeoModel.choices)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(project, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)


class NewProjectForm(RuledForm):
    """A project's beginning; whether it is simulated can never be changed."""

    rules = project_fields.RULES

    name = _text(_("name"))
    aspect_ratio = _text(
        _("aspect ratio"), widget=forms.RadioSelect(choices=AspectRatio.choices)
    )
    simulated = _switch(
        _("Rehearse on the simulator"),
        _(
            "Everything works as in earnest and costs nothing; the clips are only "
            "moving pictures. This cannot be changed later."
        ),
    )

    def clean(self) -> Cleaned:
        simulated = self.cleaned_data.get("simulated", False)
        return {**super().clean(), "simulated": simulated}
