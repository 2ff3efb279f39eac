"""A receiver of Vipps' webhooks with Django in one file: ``python django_webhooks.py runserver`` with these variables:

``VIPPS_WEBHOOK_ID`` and ``VIPPS_WEBHOOK_SECRET`` as the Webhooks API gave them out, and ``SHOP_HOST``, the host of the
registered URL, where a proxy stands in front.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from vipps_partner_auth import InvalidWebhookError, WebhookVerifier

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__)
    django.setup()

verifier = WebhookVerifier(
    {os.environ["VIPPS_WEBHOOK_ID"]: os.environ["VIPPS_WEBHOOK_SECRET"]},
    public_host=os.environ.get("SHOP_HOST"),
)

# Vipps wants its answer soon, so the work is done elsewhere; a real shop has a store.
events: queue.Queue[object] = queue.Queue()


@csrf_exempt  # the signature says who calls
def take(request: HttpRequest) -> HttpResponse:
    try:
        webhook = verifier.verify(request.method or "", request.get_full_path(), request.headers, request.body)
    except InvalidWebhookError as error:
        logging.warning("a webhook was refused: %s", error)
        return HttpResponse(status=401)
    events.put(json.loads(webhook.body))
    return HttpResponse(status=200)


urlpatterns = [path("webhooks/vipps", take)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
