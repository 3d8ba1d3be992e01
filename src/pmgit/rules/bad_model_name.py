"""The rule `bad-model-name`."""

from __future__ import annotations

from pmgit.core.finding import ERROR, WARNING, Finding
from pmgit.core.option import FLAG, Option
from pmgit.core.rule import MODELS, Rule
from pmgit.model import caches, naming

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.fix import renames
    from pmgit.model.folder import Model
    from pmgit.model.subject import Subject


class BadModelName(Rule):
    """A model folder whose name is neither plain nor the model's official one.

    ## What it reports

    A folder name that is not made of lower-case words joined by `-` or `.` (`bert-base-uncased`,
    `qwen2.5-7b`) and is not exactly the last part of the repository id that the model's INFO.md
    names as its source (`Qwen2.5-7B-Instruct`). `organisation/name` as two folders is accepted.
    A name that the Hub would accept is left alone as long as no source is recorded: then
    `missing-info` or `incomplete-info` speaks. It is left alone, too, when the source only mentions
    a repository (`our run of January, base https://huggingface.co/monologg/kobert`): a model of
    one's own is not called as the one that it was made from. So are the folders of caches, which
    libraries look for: `models--org--name` of the Hub, `hub/…` of Torch Hub and ModelScope,
    `org_name`. It is a warning when neither weights nor INFO.md of an old model change.

    ## Why it is bad

    Code loads a model by its folder. A name with spaces or of somebody's own making cannot be
    looked up on the Hub, breaks in shells, and is not the same on every file system.

    ## Example

    `pretrained_model/BERT base (copy)/`; or `pretrained_model/bert/` is fine, while
    `pretrained_model/Bert_Base/` with the source `google-bert/bert-base-uncased` is not.

    ## What to do

    Paste the printed `git mv`; where no plain name can be made of the old one, choose one. With
    `strict = true` only the plain form is accepted, for organisations too.
    """

    name = "bad-model-name"
    family = "naming"
    severity = "error or warning"
    scope = MODELS
    options = (Option("strict", FLAG, False, "Accept only lower-case words joined by `-` or `.`."),)

    def check(self, subject: Subject) -> Iterator[Finding]:
        strict = self.option("strict")
        # A plain name needs no look into INFO.md.
        doubtful = [m for m in subject.models if m.touched and not _is_accepted(m.name)]
        if not doubtful:
            return
        from pmgit.fix import renames

        names = None
        sources = _sources(subject, doubtful)
        for model in doubtful:
            wanted = _wanted(model, strict, *sources[model.path])
            if wanted != model.name:
                names = names or renames.FreeNames(subject)  # made of all that there is
                yield self._finding(subject, model, wanted, names)

    def _finding(
        self, subject: Subject, model: Model, wanted: str, names: renames.FreeNames
    ) -> Finding:
        message = (
            f"the folder name {model.name!r} is neither lower-case words joined by '-' or '.'"
            " nor the official name that INFO.md records"
        )
        if len(model.name.split("/")) > 2:
            message = "a model lies one folder deep (`name`), or two (`organisation/name`)"
        fix = None
        target = f"{model.root}/{wanted}"
        if not wanted:
            message += "; choose a name such as bert-base-uncased and `git mv` the folder to it"
        elif not subject.can_be_staged:
            message += f"; it should be {wanted!r}"
        elif names.is_bound(model.path):
            message += f"; it should be {wanted!r}, but a repository of its own lies in it"
        elif not names.is_free(target, model.path):
            message += f"; {wanted!r} is taken: rename one of the two"
        elif hindrance := names.hindrance(model.path, target):
            message += f"; it should be {wanted!r}{hindrance}"
        else:
            fix = names.move(model.path, target)
        return self.finding(model.path, message, severity=self._severity(subject, model), fix=fix)

    def _severity(self, subject: Subject, model: Model) -> str:
        new = {change.path for change in subject.changes if change.oid and not change.before}
        is_new = all(blob.path in new for blob in model.blobs)
        return ERROR if is_new or subject.is_due(model) else WARNING


def _is_accepted(name: str) -> bool:
    """Whether a name is plain, or a library's that looks for the model under it."""
    if caches.names(name):
        return True
    return name.count("/") < 2 and all(map(naming.is_plain, name.split("/")))


def _wanted(model: Model, strict: bool, free: bool, repo_id: str) -> str:
    """The accepted name: the model's own when it is fine, '' when none can be made."""
    *above, name = model.name.split("/")
    official = repo_id.rpartition("/")[2]
    fine = naming.is_plain(name)
    if not strict and not fine:
        # sentence-transformers names the folders of its cache `org_name`.
        fine = naming.in_hub_alphabet(name) and (free or name == repo_id.replace("/", "_"))
    if not fine:
        name = official if official and not strict else naming.plain_form(name)
    above = above[-1:]
    for at, organisation in enumerate(above):
        good = naming.is_plain if strict else naming.in_hub_alphabet
        if not good(organisation):
            above[at] = naming.plain_form(organisation)
    return "/".join([*above, name]) if name and all(above) else ""


def _sources(subject: Subject, models: list[Model]) -> dict[str, tuple[bool, str]]:
    """Whether a name of the maker's choice is fine, and the repository id that the source is.

    It is as long as INFO.md records no source, and when the source only names the model that this
    one was made from.
    """
    from pmgit.model import info_file, repo_id

    infos = [model.info for model in models if model.info is not None]
    contents = subject.snapshot.contents.texts_of(infos, info_file.MAX_BYTES)
    found = {}
    for model in models:
        info = info_file.parse(contents.get(model.info.oid, b"") if model.info else b"")
        field = info.fields.get("source")
        if field is None or not field.value or field.placeholder:
            found[model.path] = (True, "")
        else:
            source = repo_id.of_source(field.value)
            found[model.path] = (not source and bool(repo_id.mentioned(field.value)), source)
    return found
