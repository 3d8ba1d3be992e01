"""Names of models: which are accepted, and what one becomes that is not."""

from __future__ import annotations

import pytest

from pmgit.model.naming import MAX_LENGTH, in_hub_alphabet, is_plain, plain_form

#: The last parts of real repository ids that are not plain, by what makes them so.
OFFICIAL = [
    "Qwen2.5-7B-Instruct", "Meta-Llama-3-8B", "Llama-2-7b-chat-hf", "Mistral-7B-v0.1",
    "all-MiniLM-L6-v2", "DeepSeek-R1-Distill-Qwen-1.5B", "CodeLlama-7b-hf",
    "Phi-3-mini-4k-instruct",
    "stable-diffusion-xl-base-1.0_refiner", "opus-mt-en-ROMANCE", "TinyLlama-1.1B-Chat-v1.0",
    "sam_vit_h", "m2m100_418M", "paraphrase-multilingual-MiniLM-L12-v2", "ELECTRA_small",
    "Yi-34B", "c4ai-command-r-v01.GGUF", "bert_uncased_L-2_H-128_A-2", "ko-sroberta_multitask",
]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["bert-base-uncased", "gpt2", "t5-base", "qwen2.5-7b", "vit-base-patch16-224", "whisper-small",
     "0", "a.b-c.d", "wav2vec2-base-960h", "x" * MAX_LENGTH],
)  # fmt: skip
def test_plain_names_stay_as_they_are(name: str) -> None:
    assert is_plain(name)
    assert in_hub_alphabet(name)
    assert plain_form(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "-", ".", "-a", "a-", ".a", "a.", "a--b", "a..b", "a-.b", "a b", "a_b", "Bert", "bért",
     "模型", "a/b", "a\n", "a:b", "²", "x" * (MAX_LENGTH + 1)],
)  # fmt: skip
def test_not_plain(name: str) -> None:
    assert not is_plain(name)


@pytest.mark.parametrize("name", OFFICIAL)
def test_official_names_are_in_the_alphabet_of_the_hub(name: str) -> None:
    assert in_hub_alphabet(name)
    assert not is_plain(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "a--b",
        "a..b",
        "-a",
        "a.",
        "模型",
        "é",
        "a$b",
        "a(1)",
        "a\n",
        "x" * 97,
        "a\u202eb",
    ],
)
def test_not_in_the_alphabet_of_the_hub(name: str) -> None:
    assert not in_hub_alphabet(name)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("BERT Base (uncased)", "bert-base-uncased"),
        ("Bert_Base", "bert-base"),
        ("Qwen2.5-7B-Instruct", "qwen2.5-7b-instruct"),
        ("modèle", "modele"),
        ("ﬁne tuned", "fine-tuned"),
        ("a . b", "a-b"),
        ("a..b", "a-b"),
        ("--a--", "a"),
        ("v1.0.", "v1.0"),
        ("$(touch PWNED)", "touch-pwned"),
        ("a\nb", "a-b"),
        ("-rf", "rf"),
        ("a\u202eb", "ab"),
        ("模型", ""),
        ("…", ""),
        ("", ""),
        ("\udcff", ""),
        ("x" * 200, "x" * MAX_LENGTH),
    ],
)
def test_plain_form(name: str, plain: str) -> None:
    assert plain_form(name) == plain


@pytest.mark.parametrize("name", [*OFFICIAL, "a. .b", ".-.a-.-b..", "x" * 95 + "-y", "İ", "ß K"])
def test_the_plain_form_is_plain(name: str) -> None:
    assert is_plain(plain_form(name))
