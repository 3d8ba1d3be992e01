"""Git: the only package that runs git and that imports GitPython."""
