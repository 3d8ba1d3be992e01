"""pmgit keeps pretrained weights out of Git's history and every model accounted for."""

__version__ = "0.1.0"
