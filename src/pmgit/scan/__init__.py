"""Scans: files and folders, in Git or not, judged by their content before they are loaded."""
