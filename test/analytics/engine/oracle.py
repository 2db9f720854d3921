# The rules of FORMATS.md, section 7, in another language. Reads {query, parties, columns} as JSON, where columns are lists of
# cells and "party" is one of them; writes {rows, outputs, suppressed, other}.
import json
import sys
from collections import defaultdict
from fractions import Fraction

task = json.load(sys.stdin)
query, parties, columns = task["query"], task["parties"], task["columns"]
least = query["privacy"]["minimum_group"]
nth = 1 if query["privacy"].get("extremes") == "exact" else least
last_years = [(1945, "Silent"), (1964, "Baby Boomers"), (1980, "Gen X"), (1996, "Millennials"), (2012, "Gen Z")]


def value(grouping, row):
    if isinstance(grouping, str):
        return columns[grouping][row]
    if "column" in grouping:
        return columns[grouping["column"]][row]
    age = columns[grouping["bucket"]][row]
    if age is None:
        return None
    return next((name for last, name in last_years if query["as_of"] - age <= last), "Gen Alpha")


def label(grouping):
    return grouping if isinstance(grouping, str) else grouping["as"]


def measured(output, rows, total):
    values = sorted(columns[output["of"]][row] for row in rows) if "of" in output else []
    measures = {
        "count": lambda: len(rows),
        "share": lambda: round(Fraction(1000 * len(rows), total)) / 10,
        "avg": lambda: round(Fraction(sum(values), len(values))),
        "min": lambda: values[nth - 1],
        "max": lambda: values[-nth],
    }
    return {name: measures[name]() for name in output["measures"]}


def grouped(groupings, rows):
    groups = defaultdict(list)
    for row in rows:
        names = tuple(value(grouping, row) for grouping in groupings)
        if None not in names and "" not in names:
            groups[names].append(row)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    large = [group for group in ordered if len(group[1]) >= least]
    return large, [row for _, members in ordered if len(members) < least for row in members]


everything = range(len(columns["party"]))
result = {
    "rows": {party: columns["party"].count(party) for party in parties},
    "outputs": {},
    "suppressed": {},
    "other": {},
}
for output in query["outputs"]:
    groupings = [grouping for grouping in output["group_by"] if grouping != "party"]
    by_party = "party" in output["group_by"]
    shown, others = [], []
    for party in [None, *parties] if by_party else [None]:
        rows = [
            row
            for row in everything
            if (party is None or columns["party"][row] == party)
            and ("of" not in output or columns[output["of"]][row] is not None)
            and all(value(grouping, row) not in (None, "") for grouping in groupings)
        ]
        head = {"party": party} if by_party else {}
        groups, small = grouped(groupings, rows)
        for names, members in groups[: output.get("top")]:
            line = {**head, **dict(zip(map(label, groupings), names)), **measured(output, members, len(rows))}
            if "within" in output:
                within = output["within"]
                nested, rest = grouped(within["group_by"], members)
                line[within["name"]] = [
                    {**dict(zip(map(label, within["group_by"]), names)), **measured(output, inner, len(rows))}
                    for names, inner in nested[: within.get("top")]
                ]
                if rest:
                    result["suppressed"][output["name"]] = True
                if len(rest) >= least:
                    line["other"] = measured(output, rest, len(rows))
            shown.append(line)
        if small:
            result["suppressed"][output["name"]] = True
        if len(small) >= least:
            others.append({**head, **measured(output, small, len(rows))})
    result["outputs"][output["name"]] = shown
    if others:
        result["other"][output["name"]] = others if by_party else others[0]
json.dump(result, sys.stdout)
