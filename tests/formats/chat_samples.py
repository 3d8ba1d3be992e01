"""Chat templates in the manner of those that models have: none of them may be stopped.

Written for these tests: each has what one family of models does in its templates.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

_LOOP = "{% for message in messages %}"
CHATS = {
    "marks": (
        "{{ bos_token }}" + _LOOP
        + "{{ '<|' + message['role'] + '|>\\n' + message['content'] + eos_token }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"
    ),
    "system-first": (
        "{%- if messages[0]['role'] == 'system' %}{%- set system = messages[0]['content']|trim %}"
        "{%- set rest = messages[1:] %}{%- else %}{%- set system = 'You help.' %}{%- set rest ="
        " messages %}{%- endif %}{{- '[SYS]' ~ system ~ '[/SYS]' }}"
        "{%- for m in rest %}{{ m.content }}{% endfor %}"
    ),
    "alternating": (
        _LOOP + "{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('user and assistant take turns') }}{% endif %}"
        "{{ '[U] ' + message.content.strip() if message.role == 'user' else message.content }}"
        "{% endfor %}"
    ),
    "date": (
        "{% if date is not defined %}{% if strftime_now is defined %}{% set date ="
        " strftime_now('%d %b %Y') %}{% else %}{% set date = '1 Jan 2026' %}{% endif %}{% endif %}"
        "{{ 'Today: ' + date + '\\n\\n' }}"
    ),
    "tools": (
        "{% if tools is not none %}{% for tool in tools %}{{ tool | tojson(indent=2) }}"
        "{% if not loop.last %}{{ ', ' }}{% endif %}{% endfor %}{% endif %}"
        "{{ tool['function']['parameters']['properties'] | dictsort | length }}"
    ),
    "tool-calls": (
        _LOOP + "{% if message.tool_calls is defined and message.tool_calls %}"
        "{% for call in message.tool_calls %}{% set call = call.function if call.function is"
        " defined else call %}{{ '<call>{\"name\": \"' + call.name + '\", \"arguments\": ' }}"
        "{% if call.arguments is string %}{{ call.arguments }}{% else %}"
        "{{ call.arguments | tojson }}{% endif %}{{ '}</call>' }}{% endfor %}{% endif %}"
        "{% endfor %}"
    ),
    "thoughts": (
        _LOOP + "{% set content = message.content.split('</think>')[-1].lstrip('\\n') %}"
        "{% set thought = message.content.split('</think>')[0].rstrip('\\n')"
        ".split('<think>')[-1] %}"
        "{{ '<think>\\n' ~ thought.strip() ~ '\\n</think>\\n' ~ content }}{% endfor %}"
    ),
    "last-question": (
        "{% set ns = namespace(open=true, last=messages|length - 1) %}{% for m in messages[::-1] %}"
        "{% set at = (messages|length - 1) - loop.index0 %}{% if ns.open and m.role == 'user' and"
        " not m.content.startswith('<answer>') %}{% set ns.open = false %}{% set ns.last = at %}"
        "{% endif %}{% endfor %}{{ messages[ns.last].content }}"
    ),
    "before-and-behind": (
        _LOOP + "{% if loop.first or messages[loop.index0 - 1].role != 'tool' %}<|t|>{% endif %}"
        "{{ message.content }}{% if loop.last or (messages[loop.index0 + 1].role != 'tool') %}"
        "<|/tools|>{% endif %}{% endfor %}"
    ),
    "pictures": (
        "{% set pictures = namespace(count=0) %}" + _LOOP + "{% if message.content is string %}"
        "{{ message.content }}{% else %}{% for part in message.content %}{% if part['type'] =="
        " 'image' or 'image_url' in part %}{% set pictures.count = pictures.count + 1 %}"
        "Picture {{ pictures.count }}: <|image|>{% elif part.type == 'text' %}{{ part['text'] }}"
        "{% endif %}{% endfor %}{% endif %}{% endfor %}"
    ),
    "names-of-roles": (
        "{% set names = {'user': 'Human', 'assistant': 'Model'} %}" + _LOOP
        + "{{ names[message['role']] ~ ': ' ~ message['content'] }}{% endfor %}"
        "{{ names.get(message.role, message.role) | title }}"
    ),
    "types-of-arguments": (
        "{% macro kind(spec, needed=[]) %}{% if spec.type == 'array' %}{{ spec['items']['type'] +"
        " '[]' }}{% elif spec.type is iterable and spec.type is not string %}{{ spec.type |"
        " join(' | ') }}{% else %}{{ spec.type or 'any' }}{% endif %}{% endmacro %}"
        "{% for name, spec in tool.parameters.properties.items() %}"
        "{{ name ~ '?: ' ~ kind(spec, []) }}{% endfor %}"
    ),
    "json-by-hand": (
        "{% macro plain(value) %}{% if value is mapping %}{{ '{' }}{% for key, item in"
        " value|dictsort %}{{ key|tojson ~ ':' ~ plain(item) }}{% endfor %}{{ '}' }}{% else %}"
        "{{ value|tojson(ensure_ascii=false) }}{% endif %}{% endmacro %}{{ plain(tools) }}"
    ),
    "attributes": (
        "{% macro escaped(text) %}{{ text|string|replace('&', '&amp;')|replace('\"', '&quot;') }}"
        "{% endmacro %}{% macro open(tag, pairs=[]) %}{{ '<' + tag }}{% for pair in pairs %}"
        "{{ ' ' + pair[0] + '=\"' + escaped(pair[1]) + '\"' }}{% endfor %}{{ '>' }}{% endmacro %}"
        "{{ open('turn', [('role', 'user'), ('index', loop.index)]) }}"
    ),
    "numbers-of-calls": (
        "{% macro number_of(all, id) %}{% set n = namespace(at=0, seen=[]) %}{% for m in all"
        " %}{% if m.id == id and id not in n.seen %}{{ n.at }}{% set n.seen = n.seen + [m.id] %}"
        "{% endif %}{% set n.at = n.at + 1 %}{% endfor %}{% endmacro %}"
        "{{ number_of(messages, 'x') }}"
    ),
    "next-picture": (
        "{% macro next(state) %}{% if state.at >= images|length %}{{ raise_exception('too few') }}"
        "{% endif %}{{ images[state.at] }}{% set state.at = state.at + 1 %}{% endmacro %}"
        "{% set state = namespace(at=0, calls=none) %}{{ next(state) }}"
        "{{ state.calls[state.at - 1] }}"
    ),
    "documents": (
        "{% for document in documents %}{{ '\\nDocument: ' ~ loop.index0 }}{% for key, value in"
        " document.items() %}{{ key|title ~ ': ' ~ value|string }}{% endfor %}{% endfor %}"
        "{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list |"
        " last }}{{ builtin_tools | reject('equalto', 'code') | join(', ') }}"
    ),
    "generation": (
        _LOOP + "{% if message.role == 'assistant' %}{% generation %}{{ message['content'] }}"
        "{% endgeneration %}{% else %}{{ message['content'] | upper }}{% endif %}{% endfor %}"
        "{{ '<think>\\n' if enable_thinking | default(true) else '' }}"
    ),
    "parts-of-texts": (
        "{%- set step = '  ' -%}{%- for message in messages -%}{%- set indent = step ~ step -%}"
        "{{- indent[: (indent|length - '  '|length) ] + '}' -}}{{ messages[loop.index0 + 1:] }}"
        "{{- message.content[('{' ~ step)|length : {'a': 9}['a']] }}{%- endfor -%}"
    ),
    "words": (
        "{#- __class__ is no word of a chat -#}{{ 'Use import os and eval(x) in ```python```' }}"
        "{{ 'os.system, __init__ and self. are words' ~ '_' ~ message.name | replace('_', '-') }}"
    ),
}  # fmt: skip


def chats() -> Samples:
    """Verdict and content by the name of the file."""
    listed = [{"name": name, "template": text} for name, text in CHATS.items()]
    return {
        "chats/tokenizer_config.json": ("ok", json.dumps({"chat_template": listed}).encode()),
        **{f"{name}/chat_template.jinja": ("ok", text.encode()) for name, text in CHATS.items()},
    }
