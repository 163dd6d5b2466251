"""Words of unfold's own pages, which it does not translate: our catalogue carries them."""

from django.utils.translation import gettext_noop as _

WORDS = (
    _("Filters"),
    _("Type to search"),
    _("Search apps and models..."),
    _("Title"),
    _("Clear"),
    _("Light"),
    _("Dark"),
    _("System"),
    _("Navigate"),
    _("Go back"),
    _("Return to site"),
    _("View site"),
    _("Toggle sidebar"),
    _("Toggle dark/light mode"),
    _("This page yielded into no results."),
    _("Reset filters"),
    _("Recent searches"),
    _("Recent actions"),
    _("Run the selected action"),
    _("Run"),
    _("Select"),
    _("Submit"),
    _("Apply Filters"),
)
