"""The demonstration's query in another language, from the CSV files: python3 demographics.py LEAST EXTREMES PARTY=FILE…

Written from FORMATS.md section 7 and from the query in the contract's template, with whole numbers only.
"""
import csv
import json
import sys

least, extremes = int(sys.argv[1]), sys.argv[2]
parties = [argument.split("=", 1)[0] for argument in sys.argv[3:]]
nth = 1 if extremes == "exact" else least
AS_OF = 2026

people = []
for argument in sys.argv[3:]:
    party, path = argument.split("=", 1)
    with open(path, encoding="utf-8-sig", newline="") as source:
        for row in csv.DictReader(source):
            row["party"] = party
            people.append(row)


def half_even(numerator, denominator):
    """numerator / denominator, rounded to a whole number, a half to the even one; both not negative."""
    whole, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1):
        whole += 1
    return whole


def generation(person):
    if person["age"] == "":
        return ""
    born = AS_OF - int(person["age"])
    if born <= 1945:
        return "Silent"
    if born <= 1964:
        return "Baby Boomers"
    if born <= 1980:
        return "Gen X"
    if born <= 1996:
        return "Millennials"
    if born <= 2012:
        return "Gen Z"
    return "Gen Alpha"


def groups_of(rows, key):
    """Groups in the order of the lists, and the rows of those that are too small to be named."""
    members = {}
    for row in rows:
        if key(row) != "":
            members.setdefault(key(row), []).append(row)
    # Python compares text by code point.
    order = sorted(members, key=lambda name: (-len(members[name]), name))
    large = [(name, members[name]) for name in order if len(members[name]) >= least]
    small = [row for name in order if len(members[name]) < least for row in members[name]]
    return large, small


def salary_of(rows):
    paid = sorted(int(row["salary"]) for row in rows)
    return {"count": len(paid), "avg": half_even(sum(paid), len(paid)), "min": paid[nth - 1], "max": paid[-nth]}


outputs, suppressed, other = {}, {}, {}

large, small = groups_of(people, lambda row: row["country"])
outputs["countries"] = []
for country, rows in large[:10]:
    cities, rest = groups_of(rows, lambda row: row["city"])
    line = {"country": country, "count": len(rows)}
    line["cities"] = [{"city": city, "count": len(inner)} for city, inner in cities[:3]]
    if rest:
        suppressed["countries"] = True
    if len(rest) >= least:
        line["other"] = {"count": len(rest)}
    outputs["countries"].append(line)
if small:
    suppressed["countries"] = True
if len(small) >= least:
    other["countries"] = {"count": len(small)}

outputs["generations"] = []
for party in [None, *parties]:
    rows = [row for row in people if party in (None, row["party"]) and row["age"] != ""]

    def counted(members):
        return {"count": len(members), "share": half_even(1000 * len(members), len(rows)) / 10}

    large, small = groups_of(rows, generation)
    for name, members in large:
        outputs["generations"].append({"party": party, "generation": name, **counted(members)})
    if small:
        suppressed["generations"] = True
    if len(small) >= least:
        other.setdefault("generations", []).append({"party": party, **counted(small)})

paid = [row for row in people if row["salary"] != ""]
outputs["salaries"] = []
for party in [None, *parties]:
    rows = [row for row in paid if party in (None, row["party"])]
    if len(rows) >= least:
        outputs["salaries"].append({"party": party, **salary_of(rows)})
    elif rows:
        suppressed["salaries"] = True

large, small = groups_of(paid, lambda row: row["country"])
outputs["salaries_by_country"] = [{"country": country, **salary_of(rows)} for country, rows in large]
if small:
    suppressed["salaries_by_country"] = True
if len(small) >= least:
    other["salaries_by_country"] = salary_of(small)

for column, name in [("eye_color", "eye_colors"), ("favorite_color", "favorite_colors")]:
    large, small = groups_of(people, lambda row: row[column])
    outputs[name] = [{"value": value, "count": len(rows)} for value, rows in large]
    if small:
        suppressed[name] = True
    if len(small) >= least:
        other[name] = {"count": len(small)}

result = {
    "rows": {party: sum(row["party"] == party for row in people) for party in parties},
    "outputs": outputs,
    "suppressed": suppressed,
    "other": other,
}
json.dump(result, sys.stdout)
