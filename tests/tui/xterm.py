"""What xterm sends for a key that an action declares."""

_SENT = {
    "colon": ":", "question_mark": "?", "slash": "/", "left_square_bracket": "[", "right_square_bracket": "]", "minus": "-",
    "escape": "\x1b", "enter": "\r", "space": " ", "ctrl+@": "\0", "tab": "\t", "f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR",
    "f4": "\x1bOS", "f5": "\x1b[15~", "f6": "\x1b[17~", "f7": "\x1b[18~", "f8": "\x1b[19~",
}  # fmt: skip


def sent_bytes(key: str) -> str:
    """key: textual's name. Raises KeyError for a key that no terminal of this kind can send."""
    if key.startswith("alt+") and len(key) == 5:
        return f"\x1b{key[4]}"
    if key.startswith("ctrl+") and key[5:].isalpha() and len(key) == 6:
        return chr(ord(key[5].upper()) - 64)
    return key if len(key) == 1 and key.isprintable() else _SENT[key]
