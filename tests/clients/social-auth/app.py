"""social-auth-core's `OpenIdConnectAuth` in a Django project, with the three settings that its page asks for."""

import os
import tempfile
from wsgiref.simple_server import make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import include, path

ROOT = os.environ["ROOT"]
settings.configure(
    DEBUG=True,
    SECRET_KEY="a secret of this application only",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": tempfile.mkdtemp() + "/db"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "social_django"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"],
    AUTHENTICATION_BACKENDS=["social_core.backends.open_id_connect.OpenIdConnectAuth"],
    LOGIN_REDIRECT_URL="/me",
    SOCIAL_AUTH_OIDC_OIDC_ENDPOINT=os.environ["ISSUER"],
    SOCIAL_AUTH_OIDC_KEY=os.environ["CLIENT_ID"],
    SOCIAL_AUTH_OIDC_SECRET=os.environ["CLIENT_SECRET"],
    **({"SOCIAL_AUTH_OIDC_JWT_ALGORITHMS": [os.environ["JWT_ALGORITHM"]]} if os.environ.get("JWT_ALGORITHM") else {}),
)
django.setup()


def me(request):
    social = request.user.social_auth.get(provider="oidc")
    return JsonResponse({"uid": social.uid, "email": request.user.email, "name": request.user.get_full_name()})


def home(_):
    return HttpResponse('<form method="post" action="/login/oidc/"><button>Sign in</button></form>')


urlpatterns = [path("", home), path("", include("social_django.urls", namespace="social")), path("me", me)]
call_command("migrate", verbosity=0)
server = make_server("127.0.0.1", int(ROOT.rsplit(":", 1)[1]), get_wsgi_application())
print("listening", flush=True)
server.serve_forever()
