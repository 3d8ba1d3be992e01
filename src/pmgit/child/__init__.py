"""What runs in a process of its own, with limits: models are loaded and rewritten there, not here.

An interpreter that may have no pmgit runs these files by their paths, in Python 3.9 or newer. The
rest of pmgit takes no more than words from them, and they import nothing of it. What starts them is
`models/child.py`.
"""
