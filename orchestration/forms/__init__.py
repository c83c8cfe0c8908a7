"""Forms of files: one guarded way to read each, whoever sent it and whether it came by HTTP or from a user's disk.

What belongs here: bytes in, values or plain words out, within the limits (orchestration.limits). What does not: what a
publisher's columns are called (sources), where a capture is kept (landing).

| module | form | what guards it |
|---|---|---|
| kinds | what a file is, by its first bytes | |
| files | a file on disk | its size is looked at before it is read |
| packed | gzip in memory | ratio and size while it unpacks |
| archives | zip, on disk or in memory | names, links, entries, ratio and size by its list and while it unpacks |
| jsons | JSON | size, the memory it will take, depth, names that stand twice |
| csv_blocks | CSV in bulk | a record's length, cells parsed at a time, NUL |
| tables | CSV cut in Python | decoded as a stream; quotes, header, width, length of a cell |
| pages | HTML | size, tags, depth |
| workbook, pdf | XLSX, XLS, PDF | read in a process of their own (bounded, worker) with limits of memory and time |

Every reader raises `Unreadable`, in words for a person. Nothing here imports a parser that can abort the process:
those are imported by `worker`, in the child.
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
