"""The users' files that steer Git, .gitignore and .gitattributes: read, planned and written."""
