"""An attribute that is worked out when it is first asked for.

`functools.cached_property` without functools, whose import costs the commit hook 2 ms.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from functools import cached_property as lazy
else:

    class lazy:  # noqa: N801 - reads as a decorator
        """Decorator: the method's result becomes the attribute."""

        def __init__(self, method):
            self.method = method
            self.name = method.__name__
            self.__doc__ = method.__doc__

        def __get__(self, owner, kind=None):
            if owner is None:
                return self
            value = owner.__dict__[self.name] = self.method(owner)
            return value


__all__ = ["lazy"]
