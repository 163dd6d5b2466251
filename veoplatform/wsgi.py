"""The web server's door."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "veoplatform.settings")

# 32 threads serve slow downloads; CPU-bound pages then lose half their speed to switching
# unless a thread may keep the interpreter a little longer (measured: 20 to 43 pages a
# CPU-second).
sys.setswitchinterval(0.05)

application = get_wsgi_application()
