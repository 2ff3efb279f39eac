"""A receiver of Vipps' webhooks with FastAPI. Run it with ``uvicorn fastapi_webhooks:app`` and these variables:

``VIPPS_WEBHOOK_ID`` and ``VIPPS_WEBHOOK_SECRET`` as the Webhooks API gave them out, and ``SHOP_HOST``, the host of the
registered URL, where a proxy stands in front.
"""

from __future__ import annotations

import json
import logging
import os
import queue

from fastapi import FastAPI, Request, Response

from vipps_partner_auth import InvalidWebhookError, WebhookVerifier

app = FastAPI()
verifier = WebhookVerifier(
    {os.environ["VIPPS_WEBHOOK_ID"]: os.environ["VIPPS_WEBHOOK_SECRET"]},
    public_host=os.environ.get("SHOP_HOST"),
)

# Vipps wants its answer soon, so the work is done elsewhere; a real shop has a store.
events: queue.Queue[object] = queue.Queue()


@app.post("/webhooks/vipps")
async def take(request: Request) -> Response:
    body = await request.body()  # the raw bytes: no model of the event among the parameters
    try:
        webhook = verifier.verify(request.method, str(request.url), request.headers, body)
    except InvalidWebhookError as error:
        logging.warning("a webhook was refused: %s", error)
        return Response(status_code=401)
    events.put(json.loads(webhook.body))
    return Response(status_code=200)
