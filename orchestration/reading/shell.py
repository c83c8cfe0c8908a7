"""The shell of `clawback sql`: statements typed or piped, one after the other, on one release.

What belongs here: reading lines, the shell's own commands, when it ends. What does not: which statements are allowed
(statements), their limits (reader, bounded), how rows look (cli.screen).
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from orchestration.release import layout

# Schemas that are not in the warehouse file are not what people look for first.
_LAST = ", ".join(f"'{schema}'" for schema in layout.OWN_FILES)
_COMMANDS = {
    ".tables": "select schema_name || '.' || table_name as name, estimated_size as rows,"
    # its first sentence is its grain, which says what the table is
    " regexp_extract(replace(comment, 'Grain: ', ''), '^[^.]*') as one_row_per"
    f" from {layout.tables()} order by schema_name in ({_LAST}), 1;",
    ".columns": "select schema_name || '.' || table_name as of_table, column_name, data_type, comment"
    f" from {layout.catalog('duckdb_columns')} where table_name = '{{}}' order by column_index;",
}
_HELP = "There are .tables, .columns TABLE, .quit"


def run(answer: Callable[[str], int], say: Callable[[str], None]) -> int:
    """Read statements to the end of the input, and answer each; 0, or 1 if one of them failed.

    answer: runs a text of SQL, shows it, and gives 0 if it could. A failure of typed input does not change the exit
    code: the person who typed it has seen it.
    """
    interactive = sys.stdin.isatty()
    if interactive:
        import readline  # noqa: F401  # line editing and history in input()

        say("The published warehouse, read-only. End a statement with ;  .tables  .columns TABLE  .quit")
    failed = False
    text = ""
    while True:
        try:
            line = input(("clawback> " if not text else "     ...> ") if interactive else "")
        except EOFError:
            if text.strip() and not interactive:
                failed |= answer(text) != 0
            return 0 if interactive or not failed else 1
        except KeyboardInterrupt:
            # as in every shell: what was typed is dropped, the shell continues
            say("")
            text = ""
            continue
        if not text and line.strip().startswith("."):
            command, _, argument = line.strip().partition(" ")
            if command in (".quit", ".exit"):
                return 0 if interactive or not failed else 1
            if command not in _COMMANDS:
                say(f"{command}? {_HELP}")
                failed = True
                continue
            line = _COMMANDS[command].replace("{}", argument.strip().rpartition(".")[2].replace("'", "''"))
        text += line + "\n"
        if text.strip().endswith(";"):
            failed |= answer(text) != 0
            text = ""
