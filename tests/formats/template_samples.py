"""Chat templates that reach for Python's inside by a name that no part of them shows as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

#: Each second letter is the name of the class of an object.
_EACH_SECOND = "'q_q_qcqlqaqsqsq_q_'"
_REACHING = {
    "field-of-a-keyword": "{% set d = {'is': x} %}{{ d.is['_' ~ '_class_' ~ '_'] }}",
    "field-of-a-keyword-far": "{{ d . if ['_' ~ '_class_' ~ '_'] }}",
    "each-second": "{{ messages[" + _EACH_SECOND + "[1::2]] }}",
    "each-second-in-a-variable": "{% set n = " + _EACH_SECOND + "[1::2] %}{{ messages[n] }}",
    "each-second-of-a-variable": "{% set s = " + _EACH_SECOND + " %}{{ messages[s[1::2]] }}",
    "each-second-of-two": (
        "{% set s = " + _EACH_SECOND + " %}{% set n = s[1::2] %}{{ messages[n] }}"
    ),
    "a-part": "{{ messages['<__class__>'[1:-1]] }}",
    "capitals-in-parentheses": "{{ messages[('__CLASS__')|lower] }}",
    "capitals-of-a-choice": "{{ messages[('__CLASS__' if 1 else 2).lower()] }}",
    "capitals-in-map": "{{ messages|map(attribute='__CLASS__'|lower)|list }}",
    "capitals-in-groupby": "{{ [messages]|groupby('__CLASS__'|lower) }}",
    "capitals-in-a-variable": "{% set s = '__CLASS__' %}{{ messages[s.lower()] }}",
    "capitals-formatted": "{{ '{0.__CLASS__}'.lower().format(messages) }}",
    "turned": "{% set s = '@@class@@' %}{{ messages[s.translate({64: '_'})] }}",
    "turned-in-map": "{{ messages|map(attribute='@@class@@'.translate({64: '_'}))|list }}",
    "longer": "{% set s = 'class' %}{{ messages[s.rjust(7, '_').ljust(9, '_')] }}",
    "many-filters": "{{ " + "x|map(" * 200 + ")" * 200 + " }}",
    "formatted": "{{ ('{0._' ~ '_class_' ~ '_}').format(messages) }}",
}
_CHATTING = {
    "part-of-messages": "{% set rest = messages[1:] %}{{ rest[0]['content'] }}",
    "part-of-a-text": "{% set t = messages[0].content[7:] %}{{ t }}{{ '<__media__>' }}",
    "reversed": "{% for m in messages[::-1] %}{{ m['role'] }}{% endfor %}",
    "field-of-a-role": "{% set r = {'user': 'U'} %}{{ r[messages[0].role] }}",
    "list-behind-a-keyword": "{% if m.role in ['user' ~ 's', 'tool'] %}{{ m.content }}{% endif %}",
    "formatted-plainly": "{{ 'It is {}.'.format(date) }}",
    "token-in-capitals": "{{ '__IMAGE__' }}{{ '__MAIN__' }}",
    "sorted": "{% for k in tool|dictsort %}{{ k }}{% endfor %}{{ m|map(attribute='role')|list }}",
}


def templates() -> Samples:
    """Verdict and content by the name of the file."""
    return {
        f"{name}/chat_template.jinja": (verdict, text.encode())
        for verdict, listed in (("unsafe", _REACHING), ("ok", _CHATTING))
        for name, text in listed.items()
    }
