-- question: How well are printed names matched to government units, measured on names labeled by hand?
-- about: release
-- caveat: `held out` names were labeled before the rules were run on them; `written` names could be seen while the rules were written. The labels are in reference.identity_labels.
-- column: precision_percent (percent): Of the labeled names that were matched, how many were matched to the right unit. Null if none was.
-- column: recall_percent (percent): Of the labeled names that have a unit, how many were matched to it. Null if none has.
-- column: kind_right_percent (percent): Labeled names whose kind of government was recognized. Null if there is none.
select
    split,
    kind,
    names,
    names_with_a_unit,
    resolved,
    resolved_right,
    taken_for_a_government,
    round(100 * precision_share, 1) as precision_percent,
    round(100 * recall_share, 1) as recall_percent,
    round(100 * kind_right_share, 1) as kind_right_percent
from meta.identity_quality
order by split, kind <> 'all', names desc, kind;
