import csv
import datetime as dt
import io
import itertools
import json
import re
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

Row = namedtuple("Row", ["key", "amount"])  # noqa: PYI024
_DATE: Final = re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)", re.IGNORECASE | re.VERBOSE)


class Encoder(json.JSONEncoder):
    def default(self, o):
        if isinstance(o, (dt.date, dt.datetime)):
            return o.isoformat()
        if isinstance(o, Decimal):
            return str(o)
        return super().default(o)


def parse(text: str, sep: str = ","):
    rows = []
    for line in csv.DictReader(io.StringIO(text), delimiter=sep):
        try:
            amount = Decimal(line["amount"].strip()).quantize(
                Decimal("0.01"), rounding=ROUND_HALF_UP
            )
        except (InvalidOperation, KeyError) as err:
            raise ValueError(f"bad row {line!r}") from err
        rows.append(Row(line["key"], amount)._replace(key=line["key"].casefold()))
    counts = Counter(r.key for r in rows)
    groups = defaultdict(list)
    for r in rows:
        groups[r.key].append(r.amount)
    seen = deque(maxlen=3)
    seen.extend(counts.most_common(2))
    if (m := _DATE.search(text)) is not None:
        seen.appendleft((m["y"], m.group("m")))
    parts = urlsplit("http://a/b?c=1")
    url = urlunsplit(parts._replace(query=urlencode(parse_qs(parts.query), doseq=True)))
    now = dt.datetime.now(tz=dt.UTC).replace(microsecond=0) - dt.timedelta(days=1)
    buf = io.StringIO()
    w = csv.writer(buf, lineterminator="\n")
    w.writerows(rows)
    js = json.dumps(
        {"now": now, "t": sum(groups["a"], Decimal(0))},
        cls=Encoder,
        sort_keys=True,
        ensure_ascii=False,
    )
    try:
        json.loads("{")
    except json.JSONDecodeError as e:
        js += f"{e.msg}:{e.lineno}:{e.pos}"
    pairs = list(itertools.chain.from_iterable(itertools.zip_longest([1], [2, 3], fillvalue=0)))
    return OrderedDict(
        url=url,
        js=js,
        csv=buf.getvalue(),
        pairs=pairs,
        f=Fraction(1, 3).limit_denominator(10),
        seen=list(seen),
    )
