"""Asking the published release: named questions as forms, SQL with completion, a chart and a file of the answer.

What belongs here: asking, and showing the answer with what must be known of it. What does not: the questions
(queries/), studies (event_study.py, money.py). Run it with `make explore`.
"""

import marimo

app = marimo.App(width="medium", app_title="Clawback: ask")

with app.setup(hide_code=True):
    import shlex

    import asking
    import duckdb
    import marimo as mo
    import polars as pl

    from orchestration.reading import questions, reader, statements
    from orchestration.settings import Settings


@app.cell(hide_code=True)
def _():
    asking.complete_tables()
    settings = Settings()
    warehouse = reader.engine(settings)
    ((release, edition),) = warehouse.execute(
        "select release_id, edition from meta.release order by built_at desc limit 1"
    ).fetchall()
    cite = f"Clawback, release {release} ({edition} edition)."
    mo.md(
        f"""
        # Ask the release

        Release {release}, {edition} edition. The connection only reads. What is unknown is shown as unknown, never as
        zero. Below: **named questions** as forms, **SQL**, the **explorer** of an answer, and a **chart** of it.
        """
    )
    return cite, settings, warehouse


@app.cell(hide_code=True)
def _():
    asked_by_name = questions.questions()
    question = mo.ui.dropdown(
        {f"{name}: {one.question}": name for name, one in asked_by_name.items()},
        value=next(f"{name}: {one.question}" for name, one in asked_by_name.items() if name == "at_risk"),
        label="Question",
        full_width=True,
    )
    mo.vstack([mo.md("## Named questions"), question])
    return asked_by_name, question


@app.cell(hide_code=True)
def _(asked_by_name, question, warehouse):
    asked = asked_by_name[question.value]
    fields = {name: asking.field(warehouse, name, parameter) for name, parameter in asked.parameters.items()}
    lines = mo.md("\n\n".join(f"{{{name}}}" for name in fields))
    form = lines.batch(**fields).form(submit_button_label="Ask") if fields else None
    mo.vstack([form if form is not None else mo.md("This question has no parameters.")])
    return asked, form


@app.cell(hide_code=True)
def _(asked, cite, form, settings):
    values = {name: str(value) for name, value in ((form.value if form is not None else None) or {}).items() if value}
    try:
        with reader.connect(settings) as opened:
            found = questions.answer(opened, asked, values)
            frame = asking.framed(found.relation)
    except questions.UnknownQuestion as wrong:
        frame, shown_answer = pl.DataFrame(), mo.callout(str(wrong), kind="warn")
    else:
        options = [text for name, value in values.items() for text in ("--set", f"{name}={value}")]
        told = "\n".join(
            [found.title, "", *(f"caveat: {one}" for one in (*found.notes, *asked.caveats)), "", f"To cite: {cite}"]
        )
        shown_answer = mo.vstack(
            [
                mo.md(f"### {found.title}"),
                *(mo.callout(note) for note in found.notes),
                mo.ui.table(frame, selection=None) if len(frame) else mo.callout(found.why_empty or "", kind="warn"),
                mo.md("\n".join(f"- {caveat}" for caveat in asked.caveats)),
                mo.md(f"On the command line: `clawback query {shlex.join([asked.name, *options])}`. To cite: {cite}"),
                mo.download(
                    lambda: asking.packed(["query", asked.name, *options], asked.name, told),
                    filename=f"{asked.name}.zip",
                    label="Download: CSV and XLSX with their caveats",
                ),
            ]
        )
    mo.vstack([shown_answer])
    return (frame,)


@app.cell(hide_code=True)
def _():
    # marimo completes tables and columns in its editor's cells alone: there the statement is a cell, here it is a field
    in_editor = mo.app_meta().mode == "edit"
    statement = mo.ui.code_editor(value=asking.STATEMENT, language="sql", min_height=120).form(
        submit_button_label="Run"
    )
    how = (
        'Type in the cell below: it completes tables and columns, and the panel "Data sources" on the left lists them'
        " with their types. Run it with Ctrl-Enter."
        if in_editor
        else "One statement that reads. `make explore EDIT=1` opens the same in marimo's editor, which completes tables"
        " and columns while you type."
    )
    about = mo.md(f"## SQL\n\n{how} What the columns mean: `from meta.column_dictionary`.")
    mo.vstack([about] if in_editor else [about, statement])
    return in_editor, statement


@app.cell
def _(warehouse):
    result = mo.sql(
        """
        select claim_id, verdict, why
        from analysis.mart_claim_check
        """,
        engine=warehouse,
        output=mo.app_meta().mode == "edit",
    )
    return (result,)


@app.cell(hide_code=True)
def _(in_editor, result, settings, statement):
    rows, shown_rows = result, mo.md("")
    if not in_editor:
        try:
            none = ""
            if statement.value:
                with reader.connect(settings) as asked_in_sql:
                    rows = asking.framed(asked_in_sql.sql(statement.value))
                    none = "" if len(rows) else asking.why_empty(asked_in_sql, statement.value)
            shown_rows = mo.callout(none, kind="warn") if none else mo.ui.table(rows, selection=None)
        except (statements.Refused, reader.LimitReached, duckdb.Error) as refused:
            rows, shown_rows = pl.DataFrame(), mo.callout(str(refused), kind="warn")
    mo.vstack([shown_rows])
    return (rows,)


@app.cell(hide_code=True)
def _(cite, rows, warehouse):
    mo.download(
        lambda: asking.packed_rows(warehouse, rows, cite),
        filename="answer.zip",
        label="Download: CSV with what its columns mean",
    )
    return


@app.cell(hide_code=True)
def _(frame, rows):
    which = mo.ui.radio(["the named question", "the SQL"], value="the named question", label="Answer", inline=True)
    frames = {"the named question": frame, "the SQL": rows}
    mo.vstack([mo.md("## Explore and draw"), which])
    return frames, which


@app.cell(hide_code=True)
def _(frames, which):
    chosen = frames[which.value]
    columns = list(chosen.columns)
    numbers = asking.numeric(chosen) or columns
    mark = mo.ui.dropdown(asking.MARKS, value="bar", label="mark")
    across = mo.ui.dropdown(columns, value=columns[0] if columns else None, label="across")
    up = mo.ui.dropdown(columns, value=numbers[0] if numbers else None, label="up")
    shade = mo.ui.dropdown(columns, label="color")
    mo.hstack([mark, across, up, shade], justify="start")
    return across, chosen, mark, shade, up


@app.cell(hide_code=True)
def _(across, chosen, mark, shade, up):
    if len(chosen):
        chart = asking.drawn(chosen, mark.value, across.value, up.value, shade.value)
        cut = (
            [mo.md(f"The first {asking.MOST_POINTS:,} of {len(chosen):,} rows are drawn.")]
            if len(chosen) > asking.MOST_POINTS
            else []
        )
        pictured = mo.vstack([chart, *cut, mo.md("The caveats of the answer hold for its picture.")])
    else:
        pictured = mo.md("The answer has no row: there is nothing to draw.")
    mo.vstack([pictured])
    return


@app.cell(hide_code=True)
def _(chosen):
    mo.vstack([mo.md("### The explorer"), mo.ui.data_explorer(chosen)]) if len(chosen) else mo.md("")
    return


if __name__ == "__main__":
    app.run()
