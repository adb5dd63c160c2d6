"""The straightforward script beside part (g), a step at a time: `python bench/batch_script.py STEP FOLDER`.

pandas, jinja2 and json, as an engineer would write them in an afternoon. It keeps no ledger, checks no field, and
begins anew when it dies. It imports nothing of ours, and ours nothing of its libraries: neither pays for the other.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import jinja2
import pandas as pd

_OUT = "out/bench-job/records.jsonl.out"


def script_prepare(folder: Path) -> int:
    """Prepare the records with pandas and json."""
    environment = jinja2.Environment(undefined=jinja2.ChainableUndefined, autoescape=False)  # noqa: S701 - no HTML
    ask = environment.from_string((folder / "script" / "user.j2").read_text(encoding="utf-8"))
    products = pd.read_excel(folder / "products.xlsx", dtype=str, keep_default_na=False)
    target = folder / "script" / "records.jsonl"
    system = (folder / "script" / "system.txt").read_text(encoding="utf-8")
    with target.open("w", encoding="utf-8") as file:
        for at, row in enumerate(products.to_dict("records")):
            facts = "\n".join(f"{name}: {value}" for name, value in row.items() if value)
            user = ask.render(facts=lambda facts=facts: facts, **{name.lower(): value for name, value in row.items()})
            record = {
                "recordId": f"item-{at:09d}",
                "modelInput": {
                    "messages": [{"role": "user", "content": [{"text": user}]}],
                    "system": [{"text": system}],
                    "inferenceConfig": {"maxTokens": 1200, "temperature": 0.7},
                },
            }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return len(products)


def script_harvest(folder: Path) -> int:
    """Merge the output into the products with pandas and json."""
    products = pd.read_excel(folder / "products.xlsx", dtype=str, keep_default_na=False)
    products["recordId"] = [f"item-{at:09d}" for at in range(len(products))]
    rows = []
    with (folder / "script" / _OUT).open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            if "error" in record:
                rows.append({"recordId": record["recordId"], "error": record["error"]["errorMessage"]})
                continue
            output = record["modelOutput"]
            copy = json.loads(output["output"]["message"]["content"][0]["text"])
            usage = output["usage"]
            rows.append(
                {
                    "recordId": record["recordId"],
                    "description": copy["description"],
                    "bullets": "\n".join(copy["bullets"]),
                    "input_tokens": usage["inputTokens"],
                    "output_tokens": usage["outputTokens"],
                    "cost": usage["inputTokens"] * 3e-8 + usage["outputTokens"] * 1.2e-7,
                }
            )
    merged = products.merge(pd.DataFrame(rows), on="recordId", how="left")
    merged.to_excel(folder / "script" / "result.xlsx", index=False)
    return len(rows)


STEPS = {"script-prepare": script_prepare, "script-harvest": script_harvest}


def main() -> None:
    """Do one step and print how many records it took and how long."""
    began = time.perf_counter()
    records = STEPS[sys.argv[1]](Path(sys.argv[2]))
    print(json.dumps({"records": records, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
