"""File formats: one guarded way to read each, whoever sent the file and whether it came by HTTP or from a user's disk.

What belongs here: bytes in, plain values out, within the limits (orchestration.limits). What does not: the names of a
publisher's columns (sources), where a capture is kept (landing).

| module | format | what is guarded |
|---|---|---|
| kinds | what a file is, by its first bytes | |
| files | a file on disk | its size, before it is read |
| packed | gzip in memory | ratio and size during unpacking |
| archives | zip, on disk or in memory | names, links, entries, ratio and size, in its directory and during unpacking |
| jsons | JSON | size, the memory it will take, depth, duplicate names |
| csv_blocks | CSV in bulk | length of a record, cells parsed at a time, NUL |
| tables | CSV parsed in Python | decoded as a stream; quotes, header, width, length of a cell |
| pages | HTML | size, tags, depth |
| workbook, pdf | XLSX, XLS, PDF | parsed in a separate process (bounded, worker) with limits on memory and time |

Every reader raises `Unreadable` with a message for people. Nothing here imports a parser that can abort the process:
only `worker` imports those, in the child process.
"""


class Unreadable(ValueError):
    """Bytes that do not have the form they must have, in words for a person."""


class Beyond(Unreadable):
    """A file beyond a limit. name: the limit's; found: what was found, with its unit ("3,000 columns")."""

    def __init__(self, name: str, found: str) -> None:
        self.name, self.found = name, found
        super().__init__(name, found)

    def __str__(self) -> str:
        # the child that reads a workbook raises this too, and must not load the settings for it
        from orchestration import limits

        return limits.beyond(self.name, self.found)


def is_panic(error: BaseException) -> bool:
    """Whether a Rust library gave up; its exception is no Exception, but it ends nothing else than the call."""
    return not isinstance(error, Exception) and type(error).__name__ == "PanicException"
