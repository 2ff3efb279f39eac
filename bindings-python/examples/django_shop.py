"""A shop with Django that logs people in, in one file: ``python django_shop.py runserver``."""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path

from vipps_partner_auth import LoginFailedError, LoginRequest, Partner

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        SECRET_KEY=os.environ["SHOP_SECRET_KEY"],
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
        SESSION_ENGINE="django.contrib.sessions.backends.cache",  # on the server: a cookie would show the code verifier
    )
    django.setup()

partner = Partner.from_env()
shop = partner.merchant(os.environ["SHOP_MSN"])
login = shop.login(os.environ["SHOP_CALLBACK"])


def start(request: HttpRequest) -> HttpResponse:
    login_request = login.start(["openid", "name"])
    request.session["login"] = login_request.to_json()
    return HttpResponseRedirect(login_request.url)


def finish(request: HttpRequest) -> HttpResponse:
    kept = request.session.pop("login", None)
    if kept is None:
        return JsonResponse({"error": "start again"}, status=400)
    try:
        result = login.finish(request.get_full_path(), LoginRequest.from_json(kept))
    except LoginFailedError as error:
        return JsonResponse({"error": error.code, "reason": error.reason}, status=401)
    return JsonResponse({"sub": result.claims.sub, "name": login.userinfo(result).name})


urlpatterns = [path("login", start), path("callback", finish)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
