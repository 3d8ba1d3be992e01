"""The four fields of INFO.md, as options of `pmgit info new` and as questions at a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pmgit.commands._terminal import words_of
from pmgit.core.errors import UsageError
from pmgit.model import info_template, repo_id
from pmgit.model.describe import HUB
from pmgit.model.info_file import (
    DOWNLOADED,
    FIELDS,
    LABELS,
    LICENSE,
    REVISION,
    SOURCE,
    is_date,
    is_one_word,
    is_placeholder,
)
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmgit.model.describe import Description

#: The attributes of a description that have what is known of a field, as somebody would answer it.
_KNOWN = {SOURCE: "page", DOWNLOADED: "downloaded", REVISION: "commit", LICENSE: "license"}


def checked(key: str, text: str) -> str:
    """The value of a field as INFO.md has it; '' for none. Raises UsageError for what is none."""
    if not text:
        return ""
    if key == SOURCE:
        return _address(text)
    return _date(text) if key == DOWNLOADED else _text(key, text)


def can_ask() -> bool:
    """Whether somebody sees the questions, which go to stderr, and can answer them."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def ask(known: Description, given: Mapping[str, str], language: str) -> dict[str, str]:
    """All four fields: those that are `given`, and what somebody answers for the others.

    Enter keeps what is known. A field that somebody leaves open is '', and known no more. Raises
    click.Abort at the end of the input.
    """
    found = dict(given)
    labels = LABELS[language]
    for key in FIELDS:
        if given.get(key):
            continue
        before = getattr(known, _KNOWN[key])
        guess = known.guess if key == SOURCE and not before else ""
        hint = info_template.wanted(key, language, guess)
        shown = f" [{before}]" if before else ""
        while True:
            click.echo(f"{labels[key]} ({visible(hint)}){visible(shown)}: ", nl=False, err=True)
            try:
                typed = _line()
                is_open = is_placeholder(typed)
                found[key] = "" if is_open else checked(key, typed) or before
                break
            except UsageError as error:
                click.echo(words_of(error.message), err=True)
                click.echo(f"hint: {words_of(error.hint)}", err=True)
        if is_open and key == SOURCE:
            known.repo_id = known.source = ""
        elif is_open:
            setattr(known, _KNOWN[key], "")
    return found


def _line() -> str:
    """A line that is typed, without blanks around it.

    Not click.prompt: it writes a part of the prompt to stdout, where --dry-run prints the page.
    """
    line = sys.stdin.buffer.readline()
    if not line:
        click.echo(err=True)
        raise click.Abort
    return line.decode("utf-8", "surrogateescape").strip()


def _address(text: str) -> str:
    """The source as an address: as it is, or the Hub's page of a repository id."""
    if repo_id.of_source(text) and "://" not in text and text.count("/") > 1:
        text = f"https://{text}"  # huggingface.co/org/name
    scheme, found, rest = text.partition("://")
    if not found:
        from pmgit.hub import api

        api.demand_repo_id(text)
        return HUB + text
    if not scheme.isalnum() or not rest or not is_one_word(text):
        raise UsageError(f"{text!r} is not an address", "for example: https://huggingface.co/gpt2")
    if "@" in rest.partition("/")[0]:
        raise UsageError(
            "the source holds a user name or password, which would go into Git",
            "leave out what stands before the @",
        )
    return text


def _date(text: str) -> str:
    text = text.strip()
    if not is_date(text):
        raise UsageError(f"{text[:80]!r} is no date", "write it as YYYY-MM-DD")
    return text


def _text(name: str, text: str) -> str:
    """`text` without blanks around it. Raises UsageError unless it fits on the line of a field."""
    text = text.strip()
    if not text.isprintable() or any(char in text for char in "<>`") or len(text) > 200:
        raise UsageError(
            f"the {name} holds what does not belong in one line of text: {text[:80]!r}",
            "at most 200 characters, no line breaks, none of < > `",
        )
    if is_placeholder(text):
        raise UsageError(f"the {name} {text!r} is only a placeholder", "leave the option out")
    return text
