"""A position within a text that a person typed, for the parsers of filters and label selectors."""

import re

from k8sconsole.errors import FilterError

_QUOTES = "\"'"


class TextReader:
    """Reads a text piece by piece. Its errors name the column.

    position: 0-based; the columns in errors are 1-based. offset: where this text begins within a larger one.
    """

    def __init__(self, text: str, offset: int = 0) -> None:
        self.text = text
        self.offset = offset
        self.position = 0

    def skip_space(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def peek(self, length: int = 1) -> str:
        return self.text[self.position : self.position + length]

    def at_end(self) -> bool:
        return self.position >= len(self.text)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The match that begins at the position; the position moves to its end. None leaves the position as it is."""
        found = pattern.match(self.text, self.position)
        if found is not None:
            self.position = found.end()
        return found

    def error(self, problem: str, expected: str, at: int | None = None, *, remedy: str = "") -> FilterError:
        """remedy: what to type instead; without it the error shows an example."""
        column = self.offset + (self.position if at is None else at) + 1
        return FilterError(f"{problem} at column {column}: expected {expected}", "", remedy, column=column)

    def quoted(self) -> str:
        """The text between the quotes that begin at the position. A backslash escapes only a quote or another backslash."""
        begin = self.position
        quote = self.text[begin]
        at, found = begin + 1, []
        while at < len(self.text) and self.text[at] != quote:
            if self.text[at] == "\\" and self.text[at + 1 : at + 2] in ("\\", '"', "'"):
                at += 1
            found.append(self.text[at])
            at += 1
        if at >= len(self.text):
            raise self.error("unfinished quotation", f"a closing {quote}", begin)
        self.position = at + 1
        return "".join(found)

    def regex(self) -> str:
        """The text between the slashes that begin at the position; ``\\/`` is a slash."""
        begin, at, found = self.position, self.position + 1, []
        while at < len(self.text) and self.text[at] != "/":
            pair = self.text[at : at + 2]
            step = 2 if pair[0] == "\\" else 1
            found.append("/" if pair == "\\/" else pair[:step])
            at += step
        if at >= len(self.text):
            raise self.error("unfinished regular expression", "a closing /", begin)
        self.position = at + 1
        return "".join(found)

    def word(self) -> str:
        """The text up to white space, ``&&`` or ``||``, or a closing bracket that has no opening one within the word. May be empty."""
        begin, depth = self.position, 0
        while not self.at_end() and not self.peek().isspace():
            depth += {"(": 1, ")": -1}.get(self.peek(), 0)
            if depth < 0 or (depth == 0 and self.peek(2) in ("&&", "||")):
                break
            self.position += 1
        return self.text[begin : self.position]

    def value(self, what: str) -> str:
        """A quoted or a bare word. what: the words for it in an error."""
        self.skip_space()
        if self.peek() and self.peek() in _QUOTES:
            return self.quoted()
        begin = self.position
        found = self.word()
        if not found:
            raise self.error("nothing to compare with" if what == "a value" else "missing word", what, begin)
        return found
