"""Who asks: the person whose access token stands in the Authorization header. A session
cookie proves nothing here, so nobody else's page can act for a signed-in person."""

from django.http import HttpRequest
from ninja.security import HttpBearer

from accounts.models import AccessToken, User


class TokenBearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = AccessToken.user_of(token)
        if user is not None:
            request.user = user
        return user
