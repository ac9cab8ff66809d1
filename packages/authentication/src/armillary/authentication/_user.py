"""Users as an application sees them."""

from __future__ import annotations


class BaseUser:
    """What every user has; subclass it for your own.

    Attributes:
        is_authenticated: whether the user was authenticated.
        display_name: a name to show.
        identity: what identifies this user; it may be stored, unlike the name.
    """

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
