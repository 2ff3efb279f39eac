"""A shop with FastAPI that logs people in. Run it with ``uvicorn fastapi_shop:app`` and the variables of the README."""

from __future__ import annotations

import os
import secrets

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from vipps_partner_auth import LoginFailedError, LoginRequest, Partner, VippsAuthError

app = FastAPI()
partner = Partner.from_env()
shop = partner.merchant(os.environ["SHOP_MSN"])
login = shop.login(os.environ["SHOP_CALLBACK"])

# What belongs to a person's browser stays on the server, under an id that nobody can guess; a real shop has a store.
under_way: dict[str, str] = {}


@app.get("/login")
async def start() -> Response:
    request = await login.start_async(["openid", "name"])
    session = secrets.token_urlsafe()
    under_way[session] = request.to_json()
    response = RedirectResponse(request.url)
    response.set_cookie("session", session, httponly=True, secure=True, samesite="lax")
    return response


@app.get("/callback")
async def finish(request: Request) -> Response:
    kept = under_way.pop(request.cookies.get("session", ""), None)
    if kept is None:
        return JSONResponse({"error": "start again"}, status_code=400)
    result = await login.finish_async(f"{request.url.path}?{request.url.query}", LoginRequest.from_json(kept))
    person = await login.userinfo_async(result)
    return JSONResponse({"sub": result.claims.sub, "name": person.name})


@app.exception_handler(VippsAuthError)
async def failed(_: Request, error: VippsAuthError) -> Response:
    status = 401 if isinstance(error, LoginFailedError) else 502
    return JSONResponse({"error": error.code, "reason": error.reason}, status_code=status)
