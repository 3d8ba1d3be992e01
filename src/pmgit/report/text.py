"""The report as text: path, rule, fact; then the fixes, each one line to paste."""

from __future__ import annotations

from pmgit.core.config import BASELINE
from pmgit.core.finding import ERROR
from pmgit.core.shell import defused, merged
from pmgit.core.units import counted
from pmgit.report.colour import BOLD, GREEN, RED, YELLOW, Paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.core.finding import Finding, Fix, Report
    from pmgit.core.shell import Shell

#: So many findings of one rule are listed; the rest is counted. The fixes serve all of them.
#: Its warnings are counted by themselves, or they would hide the one error that stops a commit.
SHOWN = 25
#: A message that quotes a file is cut to this many characters.
LONGEST = 400
#: So many lines for .gitignore are named.
NAMED = 5
PLAIN = Paint()


def visible(text: str) -> str:
    """`text` with everything escaped that a terminal, or a CI log, would act on.

    Control characters, C1 controls, bidirectional marks, line breaks and lone bytes; and what
    runners take for a command wherever in a line it stands (`##[stop-commands]x` would silence
    all that come later).
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escape(char) for char in text)
    return defused(text, "\\x23")


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"  # a byte that is not UTF-8
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cut_off(count: int) -> str:
    """The note for a range with `count` commits whose parents a shallow clone lacks."""
    which = "1 commit of the range is" if count == 1 else f"{count} commits of the range are"
    return (
        f"pmgit: {which} cut off from the parents by a shallow clone: what lies behind is not"
        " judged\nhint: git fetch --unshallow (in CI: fetch-depth: 0)"
    )


def place_of(path: str) -> str:
    """A path as it stands at the begin of a line."""
    path = visible(path) or "."
    # `::error` and `##[command]` at the begin of a line are commands to CI systems.
    return f"./{path}" if path.startswith((":", "#", "-", " ")) else path


def line_of(finding: Finding, paint: Paint = PLAIN) -> str:
    """One finding on one line: `path:line: rule: message`."""
    place = place_of(finding.path)
    place = f"{place}:{finding.line}" if finding.line else place
    colour = RED if finding.severity == ERROR else YELLOW
    return f"{paint(place, BOLD)}: {paint(kind_of(finding), colour)}: {message_of(finding)}"


def kind_of(finding: Finding) -> str:
    """The rule, and that it only warns."""
    return finding.rule if finding.severity == ERROR else f"{finding.rule} (warning)"


def message_of(finding: Finding) -> str:
    """The message of a finding, on one line of a bearable length."""
    message = visible(finding.message)
    return message if len(message) <= LONGEST else message[:LONGEST] + "…"


def fix_of(fix: Fix, shell: Shell, paint: Paint = PLAIN) -> str:
    """The line with the commands of a fix; of an unsafe one also what it does to whom."""
    command = paint(shell.shown(fix), GREEN)
    what = f"unsafe fix ({fix.warning})" if fix.warning else "fix"
    return f"{paint(f'{what}:', BOLD)} {command}"


def short_fix_of(fix: Fix | None, shell: Shell) -> str:
    """The line of a fix where it is short enough for a message; '' otherwise, never a part."""
    line = fix_of(fix, shell) if fix else ""
    return line if len(line) <= LONGEST else ""


def fixes_of(report: Report, shell: Shell, paint: Paint = PLAIN) -> list[str]:
    """The lines with the fixes of all findings."""
    fixes = merged(finding.pasted for finding in report.findings if finding.pasted)
    lines: dict[str, bool] = {}  # one `pmgit fix` may carry out several
    for fix in fixes:
        if fix.about:
            lines[f"{paint('plan:', BOLD)} {shell.called(visible(fix.about))}"] = True
        line = fix_of(fix, shell, paint)
        lines.pop(line, None)
        lines[line] = True
    return list(lines)


def notes_of(report: Report) -> list[str]:
    """The notes on files that the fixes take out of the index: what keeps them out."""
    new, old = (
        list(dict.fromkeys(path for finding in report.findings for path in finding.again[at]))
        for at in (0, 1)
    )
    lines = []
    if new:
        named = list(map(_ignore_line, new[:NAMED]))
        way = f"unless .gitignore has th{'is line' if len(new) == 1 else 'ese lines'}:"
        if not all(named):
            way, named = "unless they lie elsewhere by then", []
        lines.append(f"note: the next git add takes {_files(new)} again, {way}")
        lines += [f"  {line}" for line in named]
        if named and len(new) > NAMED:
            lines.append(f"  … and {len(new) - NAMED} more")
    if old:
        stay = "stays" if len(old) == 1 else "stay"
        lines.append(f"note: {_files(old)} {stay} changed on disk, where the next git add finds it")
    return lines


def _files(paths: list[str]) -> str:
    return visible(paths[0]) if len(paths) == 1 else f"these {len(paths)} files"


def _ignore_line(path: str) -> str:
    """The line of the `.gitignore` at the top for exactly this file; '' when there is none."""
    if not path.isprintable():
        return ""
    text = "".join("\\" + char if char in "*?[]\\" else char for char in path)
    return f"/{text[:-1]}\\ " if text.endswith(" ") else f"/{text}"


def render(
    report: Report, shell: Shell, commits: dict[str, str] | None = None, paint: Paint = PLAIN
) -> str:
    """The whole report; empty when there are no findings.

    `commits` describes the commits that findings came with, by their ids.
    """
    if not report.findings:
        return ""
    lines = []
    counts: dict[str, int] = {}
    for finding in report.findings:
        kind = kind_of(finding)
        counts[kind] = counts.get(kind, 0) + 1
        if counts[kind] <= SHOWN:
            lines.append(shell.called(line_of(finding, paint)))
    for kind, count in counts.items():
        if count > SHOWN:
            lines.append(f"… and {count - SHOWN} more of {kind}")
    if commits:
        lines += ["", *(f"commit {oid[:12]}: {visible(what)}" for oid, what in commits.items())]
    fixes = fixes_of(report, shell, paint)
    if fixes:
        lines += ["", *fixes, *notes_of(report)]
    lines += ["", shell.called(summary(report))]
    return "\n".join(lines) + "\n"


def summary(report: Report) -> str:
    """The last line: the number of findings and files, and where to read on."""
    errors = len(report.errors)
    parts = []
    if errors:
        parts.append(counted(errors, "error"))
    warnings = len(report.findings) - errors
    if warnings:
        parts.append(counted(warnings, "warning"))
    # Without a file, what is wrong lies ignored on disk, or is gone.
    files = f" in {counted(report.checked, 'file')}" if report.checked else ""
    names = " ".join(sorted({finding.rule for finding in report.findings}))
    return f"{' and '.join(parts)}{files}{forgiven(report)}. Why: pmgit explain {names}"


def forgiven(report: Report) -> str:
    """The words about findings that a baseline forgives; '' when there are none."""
    return f"; {len(report.forgiven)} forgiven by {BASELINE}" if report.forgiven else ""


def not_scanned(count: int) -> str:
    """The note on pointers whose content nobody has judged; '' when there are none."""
    if not count:
        return ""
    objects = "1 object of Git LFS is" if count == 1 else f"{count} objects of Git LFS are"
    them = "it" if count == 1 else "them"
    return f"not scanned: {objects} not here; to judge what is in {them}: git lfs fetch"


def not_judged(count: int) -> str:
    """The note on objects that a partial clone lacks; '' when it lacks none."""
    if not count:
        return ""
    objects = "1 object is" if count == 1 else f"{count} objects are"
    return f"not judged: {objects} not here (partial clone), and pmgit does not fetch"
