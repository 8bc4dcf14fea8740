import numpy as np
import pandas as pd


def monthly(df: pd.DataFrame, value: str = "x") -> pd.DataFrame:
    df = df.copy()
    df["ts"] = pd.to_datetime(df["ts"], errors="coerce", utc=True)
    df = df.dropna(subset=["ts"]).set_index("ts").sort_index()
    df[value] = pd.to_numeric(df[value], errors="coerce").fillna(0.0)
    df.loc[df[value] < 0, value] = np.nan
    res = df.resample("ME")[value].agg(["mean", "std", "count"])
    res.columns = [f"{value}_{c}" for c in res.columns]
    res = res.assign(ratio=lambda d: d[f"{value}_mean"].pct_change())
    top = df.groupby(df.index.month)[value].apply(lambda s: s.nlargest(3).mean())
    piv = df.pivot_table(index=df.index.year, columns=df.index.month, values=value, aggfunc="mean")
    merged = res.merge(top.rename("top"), left_index=True, right_index=True, how="left")
    for idx, row in merged.iterrows():
        if pd.isna(row["ratio"]):
            merged.at[idx, "ratio"] = 0.0
    corr = df.select_dtypes("number").corr().stack().reset_index()
    return pd.concat([merged.reset_index(drop=True), piv.reset_index(drop=True), corr], axis=1)
