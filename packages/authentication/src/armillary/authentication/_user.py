"""Users as an application sees them."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from armillary.asgi_types import HTTPException, Scope, value_in_scope

PROVIDER = "AuthenticationMiddleware"


class BaseUser:
    """What every user has; subclass it for your own.

    Attributes:
        is_authenticated: whether the user was authenticated.
        display_name: a name to show.
        identity: what identifies this user; it may be stored, unlike the name.

    A typed endpoint has the user as a parameter by this class or your own: a connection that is not authenticated gets
    a 401 if the class is your own, or None if the parameter may be None.
    """

    error_statuses: ClassVar[tuple[int, ...]] = ()
    required_scopes: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **settings: Any) -> None:
        # Whoever is connected is a BaseUser. One of a class of its own has been authenticated, which documents say.
        super().__init_subclass__(**settings)
        if "error_statuses" not in vars(cls):
            cls.error_statuses, cls.required_scopes = (401,), ("authenticated",)

    @classmethod
    def __from_scope__(cls, scope: Scope) -> Self:
        """Return the user of a connection, for a parameter of a typed endpoint.

        Raises:
            HTTPException: 401 with the challenges of the middleware's backends, if it is not authenticated.
            RuntimeError: AuthenticationMiddleware is not around the application, or has users of another class.
        """
        user = value_in_scope(BaseUser, scope, "user", PROVIDER)
        if isinstance(user, cls):
            return user
        if not user.is_authenticated:
            challenge = getattr(scope.get("auth"), "challenge", "")
            raise HTTPException(401, headers={"WWW-Authenticate": challenge} if challenge else None)
        return value_in_scope(cls, scope, "user", f"{PROVIDER} with a backend that returns {cls.__name__}")

    @property
    def is_authenticated(self) -> bool:
        raise NotImplementedError(f"{type(self).__name__} must define is_authenticated")

    @property
    def display_name(self) -> str:
        raise NotImplementedError(f"{type(self).__name__} must define display_name")

    @property
    def identity(self) -> str:
        raise NotImplementedError(f"{type(self).__name__} must define identity")


class SimpleUser(BaseUser):
    """A user with a name alone.

    >>> SimpleUser("ada").identity
    'ada'
    """

    def __init__(self, username: str) -> None:
        self.username = username

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.username!r})"

    @property
    def identity(self) -> str:
        """The name."""
        return self.username

    @property
    def display_name(self) -> str:
        """The name."""
        return self.username

    @property
    def is_authenticated(self) -> bool:
        """True."""
        return True


class UnauthenticatedUser(BaseUser):
    """The user of a connection without credentials."""

    error_statuses = ()

    @property
    def identity(self) -> str:
        """Empty."""
        return ""

    @property
    def display_name(self) -> str:
        """Empty."""
        return ""

    @property
    def is_authenticated(self) -> bool:
        """False."""
        return False
